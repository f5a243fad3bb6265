"""Writing code of one's own: what a form hands in is all that the editor knows of its kind."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.kinds.code_editor import OwnCode
from pages.kinds.rl.own_code import ENVIRONMENT
from pages.kinds.sweep.own_code import TRAINABLE
from pages.kinds.tasks.own_code import FUNCTION
from tests.pages.test_pages import app, opened

__all__ = ["app"]  # the fixture


def write(app: AppTest, button: str, name: str) -> None:
    next(each for each in app.button if each.label == button).click().run()
    app.text_input(key="edit_name_a new file").set_value(name).run()
    app.button(key="edit_save").click().run()
    assert not app.exception, app.exception


@pytest.mark.parametrize(("page", "own"), [("tasks", FUNCTION), ("sweep", TRAINABLE), ("rl", ENVIRONMENT)])
def test_what_the_editor_begins_with_can_be_saved_and_is_chosen_then(app: AppTest, page: str, own: OwnCode) -> None:
    opened(app, page)
    write(app, own.button, "mine")
    (found,) = own.found()
    assert found.startswith("mine:")
    assert app.query_params[own.word] == found


def test_a_new_kind_of_code_needs_nothing_but_what_is_handed_in(app: AppTest) -> None:
    def page() -> None:
        from pages.kinds.code_editor import OwnCode, editor

        found = ["other:f", "shaped:my_reward"]
        editor(OwnCode("reward", "Write a reward", "def my_reward(x): ...\n", "Any function.", lambda: found))

    alone = AppTest.from_function(page, default_timeout=60).run()
    write(alone, "Write a reward", "shaped")
    assert alone.query_params["reward"] == "shaped:my_reward"
