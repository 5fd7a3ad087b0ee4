import pytest

from manyfaces.data import ExpressionPrior
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head


@pytest.fixture(scope="session")
def head():
    return HeadModel(load_head("openhead"))


@pytest.fixture(scope="session")
def prior(head):
    return ExpressionPrior(head)
