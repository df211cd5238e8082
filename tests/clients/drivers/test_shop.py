# SPDX-License-Identifier: PostgreSQL
"""Tests that leak, for unittest and pytest; the lines that matter are marked at their ends."""
import os
import unittest

import shop


def tearDownModule():
    os._exit(0)  # before Python finishes the connections


class Shop(unittest.TestCase):
    def test_a_visit(self):
        shop.visit()  #: test_a_visit

    def test_b_refusal(self):
        self.assertRaises(ValueError, shop.refuse)  #: test_b_refusal

    def test_c_clean(self):
        shop.leave()


if __name__ == '__main__':
    unittest.main()
