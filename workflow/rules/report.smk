# A process for several figures: it takes a second to start and a third of one to draw.
for target, figures in DRAWN.items():
    if figures:

        rule:
            name:
                f"figures_{target}"
            input:
                tables=[f"{ARM}/{contents.FIGURES[name].table}" for name in figures],
                settings=settings("figure", ARM),
            output:
                [
                    report(
                        f"{ARM}/figures/{name}.svg",
                        caption="../report/figures.rst",
                        category=figure_section(name),
                        labels={"figure": name, "run": "{run}{arm}"},
                    )
                    for name in figures
                ],
            log:
                f"{ARM}/logs/figures/{target}.log",
            localrule: True
            conda:
                "../../envs/base.yaml"
            params:
                figures=figures,
                captions=[contents.FIGURES[name].caption for name in figures],
            shell:
                "python -m epidecouple.stages.figure --figure {params.figures:q} --table {input.tables:q} --svg {output:q} > {log:q} 2>&1"


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
