"""Is it better than what a user would try? Skill, rivals, folds in turn, arms side by side. It
knows no truth of a simulation.
"""
