"""The labs, one module each; grading/harness/lab.py says what they are made of."""
