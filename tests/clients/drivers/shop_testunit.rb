# SPDX-License-Identifier: PostgreSQL
# A test that leaks and its clean twin, for test-unit; the lines that matter are marked at their ends.
require 'test/unit'
require 'pg'

KEPT = []
Test::Unit.at_exit { exit!(0) }

class TestShop < Test::Unit::TestCase
  def visit
    KEPT << PG.connect #: visit
  end

  def test_visit
    visit #: test_visit
  end

  def test_clean
    PG.connect.close
  end
end
