"""Receipt stage: why a notice is not accepted, and what to do, in the user's language."""

from .supplier_file import table_problem_text


def notice_problem_text(env, reason):
    """What a reason code means and what to do; the reader of files has words for its own."""
    texts = {
        "rows_disagree": env._("Rows of one delivery say different things here. Make them agree."),
        "number_twice": env._("This number stands twice. Give each delivery its own number."),
        "expected_before_shipped": env._("It is expected before it was shipped. Correct one of the days."),
        "negative_quantity": env._("A quantity cannot be negative. Goods that go back are a return."),
        "damaged_more_than_arrived": env._("More is damaged than has arrived. Correct the quantities."),
        "nothing_in_it": env._("No product of this delivery has a quantity."),
        "which_supplier": env._(
            "No supplier, or more than one, fits. Choose the supplier, or name an order of ours."
        ),
        "which_warehouse": env._(
            "No warehouse, or more than one, fits. Choose the warehouse, or name an order of ours."
        ),
        "unknown_unit": env._(
            "No unit has this name, or it does not fit the product. Create the unit, or correct the name."
        ),
        "notice_differs": env._(
            "This number is stored with other facts. If they are wrong, cancel the stored one and try again."
        ),
        "not_an_object": env._("An object with named values is expected here."),
        "unknown_key": env._("Nobody knows this key. Check its spelling."),
        "not_a_text": env._("A short text on one line is expected here."),
        "unknown_layout": env._(
            "No layout has these column titles. Use the delivery note template or the warehouse's export."
        ),
    }
    return texts.get(reason) or table_problem_text(env, reason)
