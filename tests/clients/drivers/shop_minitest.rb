# SPDX-License-Identifier: PostgreSQL
# A test that leaks, for Minitest; the lines that matter are marked at their ends.
require 'minitest/autorun'
require 'pg'

KEPT = []
Minitest.after_run { exit!(0) }

class TestShop < Minitest::Test
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
