"""What follows a judgement: commitments, data requests and reprimands."""
