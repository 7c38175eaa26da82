rule figure:
    input:
        table=figure_table,
        settings=settings("figure", ARM),
    output:
        report(
            f"{ARM}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category=figure_section,
            labels={"figure": "{figure}", "run": "{run}{arm}"},
        ),
    log:
        f"{ARM}/logs/figure/{{figure}}.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        caption=figure_caption,
    shell:
        "python -m epidecouple.stages.figure --figure {wildcards.figure:q} --table {input.table:q} --svg {output:q} > {log:q} 2>&1"


# The report rests on verdicts, not on passed gates: it is there when one fails, too.
rule run_report:
    input:
        verdicts=[f"{RUN}/gates/{gate}.verdict.json" for gate in GATES],
        figures=[f"{RUN}/figures/{figure}.svg" for figure in FIGURES],
    output:
        report(
            f"{RUN}/report.html",
            caption="../report/page.rst",
            category="Report",
            labels={"page": "report", "run": "{run}"},
        ),
    log:
        f"{RUN}/logs/report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("run_report"),
        template=page_digest("report.html.j2", "macros.html.j2", "layout.html.j2"),
        run=run_folder,
        gates=list(GATES),
        thresholds=report_thresholds(),
    shell:
        "python -m epidecouple.stages.run_report --run {params.run:q} --gates {params.gates:q} --thresholds {params.thresholds:q} --report {output:q} > {log:q} 2>&1"
