"""Kernel: records that move from state to state by a table."""

from odoo import models
from odoo.exceptions import UserError


class EcomStateful(models.AbstractModel):
    """A sealed record with one door through which its state changes."""

    _name = "ecom.stateful"
    _description = "Record with States"
    _inherit = ["ecom.sealed"]
    # {state: the states it may go to}
    _transitions = {}
    # Whether a record that is there already is refused: its step was made, with its person and day.
    _steps_once = False

    def _go_to(self, state, **values):
        """Move to a state and write what belongs to the move.

        Records that are there already stay there, or are refused where steps are made once.

        :raises UserError: if the table does not list the move, or the user may not make it
        """
        moving = self if self._steps_once else self.filtered(lambda record: record.state != state)
        for record in moving:
            if state not in self._transitions[record.state]:
                raise record._refused_move(state)
        moving._check_may_go_to(state)
        (self if values else moving)._unseal().write({"state": state, **values})

    def _check_may_go_to(self, state):
        """Raise if the user may not move these records there."""

    def _refused_move(self, state):
        """The error for a move that the table does not list."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        return UserError(
            self.env._(
                "%(record)s cannot go from %(old)s to %(new)s.",
                record=self.display_name,
                old=labels[self.state],
                new=labels[state],
            )
        )
