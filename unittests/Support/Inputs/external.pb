Bej
locationelsewhere.binp