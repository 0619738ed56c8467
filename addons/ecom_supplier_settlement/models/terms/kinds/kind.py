"""Terms stage: what one kind of clause says about itself. All that differs between kinds is here."""


class Kind:
    """A kind of clause; a new one is a class like those beside, listed in `KINDS`.

    Its clauses count the same goods in the same way as all others; see `ecom.clause`.
    """

    code = ""
    label = ""
    # What its clauses give: the price of order lines, a rebate every period, or the right to claim.
    gives = ""
    # Of the fields by which kinds differ, those that count for this one; the form shows no others.
    uses: tuple[str, ...] = ()
    # One of these must be filled before the contract is signed.
    needs: tuple[str, ...] = ()
    # Only one clause of the kind may speak about a product on a day.
    exclusive = False
    # What an amendment proposes for the period under way.
    amended = "continue"

    def sentence(self, clause):
        """What is given, in the user's language, without scope and settlement."""
        raise NotImplementedError
