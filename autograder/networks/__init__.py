"""All that knows Keras: which networks are allowed, how they are rebuilt, traced, compared and measured."""
