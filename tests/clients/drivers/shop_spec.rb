# SPDX-License-Identifier: PostgreSQL
# Examples that leak, for RSpec; the lines that matter are marked at their ends.
require 'pg'

KEPT = []

def visit
  KEPT << PG.connect #: visit
end

RSpec.describe 'shop' do
  after(:all) { $stdout.flush; exit!(0) }

  it('is visited') do
    visit #: is_visited
  end

  it('is left') { PG.connect.close }
end
