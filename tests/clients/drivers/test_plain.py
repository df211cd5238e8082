# SPDX-License-Identifier: PostgreSQL
"""The same for pytest's own kind of tests."""
import os

import pytest
import shop


@pytest.fixture(scope='module', autouse=True)
def leave():
    yield
    os._exit(0)


@pytest.fixture
def visitor():
    shop.visit()  #: fixture


def test_visit(visitor):
    shop.visit()  #: test_visit


def test_clean():
    shop.leave()


def test_refusal():
    pytest.raises(ValueError, shop.refuse)  #: test_refusal
