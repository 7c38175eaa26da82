# Entry point of `snakemake`; all logic lives in workflow/Snakefile.
include: "workflow/Snakefile"


# An included file's default target is not inherited.
workflow.default_target = TARGET
