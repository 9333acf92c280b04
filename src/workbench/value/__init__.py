"""Value: what is a customer worth, how sure are we, and what follows from it?"""
