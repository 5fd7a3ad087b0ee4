from dataclasses import replace

import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.heads import HeadModel
from manyfaces.pipeline.animation import Character


def test_a_hypothesis_of_a_reconstruction(synthetic):
    result = synthetic.ball_reconstruction(3, identity_index=torch.tensor([5, 4, 3]), source="me.jpg")
    character = Character.of(result, 1)
    assert character.name == "me.jpg"
    torch.testing.assert_close(character.identity, result.identities[4])
    shown = character.vertices(result.expressions[1], result.jaw[1])
    torch.testing.assert_close(shown, result.vertices[1])
    torch.testing.assert_close(character.neutral, result.head.neutral(result.identities[4]))
    with pytest.raises(InputError, match=r"no hypothesis 4.*1 to 3"):
        Character.of(result, 3)


def test_chunks_are_the_whole(open_character, open_clip):
    expression, jaw = (values.repeat(2, 1) for values in open_clip)
    chunks = list(open_character.chunks(expression, jaw))
    assert [len(chunk) for chunk in chunks] == [64, 16]
    torch.testing.assert_close(chunks[1], open_character.vertices(expression[64:], jaw[64:]))


def test_drivers_must_be_of_the_same_head(synthetic, somebody):
    data = synthetic.ball_head()
    somebody.check_driver(HeadModel(replace(data, name="the same from a file")))
    for other in (
        replace(data, expression_basis=data.expression_basis * np.float32(1.1)),
        replace(data, expression_basis=data.expression_basis[:2]),
        replace(data, faces=data.faces[::-1].copy()),
        replace(data, joint_names=("neck", "chin")),
    ):
        with pytest.raises(InputError, match="somebody is on the head 'ball'"):
            somebody.check_driver(HeadModel(other))
