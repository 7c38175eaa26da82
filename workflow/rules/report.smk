localrules:
    figure,
    run_report,


# figure -> the table it is drawn from
FIGURES = {
    "funnel": "panel/funnel.tsv",
    "learning_curve_subset": "train_subset/history.tsv",
    "learning_curve": "train_full/history.tsv",
    "information": "diagnose/information.tsv",
    "correlation": "diagnose/correlation.tsv",
    "prototypes": "biology/mantel.tsv",
    "trees": "biology/trees.tsv",
    "signs": "biology/signs.tsv",
    "states": "biology/states.tsv",
    "logos": "mutagenesis/contributions.tsv",
}
if CATALOG.motifs:
    FIGURES |= {
        "motif_effects": "motifs/effects.tsv",
        "interactions": "motifs/interactions.tsv",
    }
if SIMULATED:
    FIGURES["recovery"] = "recovery/points.tsv"
# Drawn for targets of their own, not for the report of the run.
OTHER_FIGURES = {
    "comparison": "comparison/table.tsv",
    "resistance": "resistance/arms.tsv",
}


rule figure:
    input:
        lambda wildcards: f"results/{wildcards.run}{wildcards.arm}/{(FIGURES | OTHER_FIGURES)[wildcards.figure]}",
    output:
        report(
            f"{ARM}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{ARM}/logs/figure/{{figure}}.log",
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("figures"),
    shell:
        "python -m epidecouple.figures {wildcards.figure} {input} {output} > {log} 2>&1"


# The report rests on verdicts, not on passed gates: it is there when one fails, too.
rule run_report:
    input:
        verdicts=[f"{RUN}/gates/{gate}.verdict.json" for gate in GATES],
        figures=[f"{RUN}/figures/{figure}.svg" for figure in FIGURES],
    output:
        f"{RUN}/report.html",
    log:
        f"{RUN}/logs/report.log",
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("report"),
        template=page_digest("report.html.j2"),
        run=run_folder,
        gates=",".join(GATES),
    shell:
        "python -m epidecouple.report --run {params.run} --gates {params.gates} --report {output} > {log} 2>&1"
