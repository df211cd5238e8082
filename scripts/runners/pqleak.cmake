# SPDX-License-Identifier: PostgreSQL
# Gives each test of the directory that includes this its name in PQLEAK_LABEL.  For the end of a CMakeLists.txt: tests
# that are added later are not known yet.  Those made while the project is built (gtest_discover_tests) never are.
get_property(pqleak_tests DIRECTORY PROPERTY TESTS)
foreach(pqleak_test IN LISTS pqleak_tests)
  set_property(TEST "${pqleak_test}" APPEND PROPERTY ENVIRONMENT "PQLEAK_LABEL=${pqleak_test}")
endforeach()
