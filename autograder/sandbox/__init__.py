"""Isolation of any process that works on what students made."""
