"""Is a peak file of the mark and of the line that it is said to be of?"""
