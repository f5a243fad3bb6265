"""Fan-outs of millions of tasks: how their driver writes them, and what is read of them."""
