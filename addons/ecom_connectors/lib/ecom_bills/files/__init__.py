"""Reading, on the ground floor: bytes of archives and spreadsheets, within limits, to members and cells."""
