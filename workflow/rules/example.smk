# Three loci that everybody knows, from an excerpt of real data that stands in the repository: nothing is downloaded, and
# the results are those of no run.
EXAMPLE_GENES = ["HBE1", "GATA1", "MYC"]
EXCERPT = sorted(map(str, EXAMPLE.rglob("*.bed*"))) + [str(EXAMPLE / "tested.tsv")]


rule example:
    input:
        f"{EXAMPLE_RESULTS}/report.html",
    localrule: True


rule example_scores:
    input:
        EXCERPT,
    output:
        pairs=f"{EXAMPLE_RESULTS}/pairs.tsv",
        loci=f"{EXAMPLE_RESULTS}/loci.tsv",
    log:
        f"{EXAMPLE_RESULTS}/logs/scores.log",
    benchmark:
        f"{EXAMPLE_RESULTS}/benchmarks/scores.tsv"
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        code=code_digest("example"),
        checksums=model_checksums,
        model=model_in_repository(),
        excerpt=EXAMPLE,
    shell:
        "one_thread python -m epidecouple.stages.example --excerpt {params.excerpt:q} --model {params.model:q} --pairs {output.pairs:q} --loci {output.loci:q} > {log:q} 2>&1"


rule example_figure:
    input:
        EXCERPT,
        pairs=f"{EXAMPLE_RESULTS}/pairs.tsv",
    output:
        expand(f"{EXAMPLE_RESULTS}/{{name}}.svg", name=["example", *EXAMPLE_GENES]),
    log:
        f"{EXAMPLE_RESULTS}/logs/figure.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("example_figure"),
        excerpt=EXAMPLE,
    shell:
        "python -m epidecouple.stages.example_figure --excerpt {params.excerpt:q} --pairs {input.pairs:q} --svg {output:q} > {log:q} 2>&1"


rule example_report:
    input:
        tables=[f"{EXAMPLE_RESULTS}/{name}.tsv" for name in ("pairs", "loci")],
        figures=[f"{EXAMPLE_RESULTS}/{gene}.svg" for gene in EXAMPLE_GENES],
    output:
        f"{EXAMPLE_RESULTS}/report.html",
    log:
        f"{EXAMPLE_RESULTS}/logs/report.log",
    localrule: True
    conda:
        "../../envs/base.yaml"
    params:
        code=code_digest("example_report"),
        template=page_digest("example.html.j2", "macros.html.j2", "layout.html.j2"),
        folder=subpath(output[0], parent=True),
    shell:
        "python -m epidecouple.stages.example_report --folder {params.folder:q} --page {output:q} > {log:q} 2>&1"


# The excerpt again, from the public files; what it writes is copied to resources/example by hand, so that nobody changes
# the repository by asking for a page.
rule example_inputs:
    input:
        settings=settings("example_inputs", MAIN),
        peaks=crispr_files(*CRISPR.peak_files(["K562"], NINE_MARKS)),
        tables=crispr_files(
            CRISPR.training, CRISPR.published, CRISPR.genes, CRISPR.chain
        ),
    output:
        directory(f"{EXAMPLE_RESULTS}/excerpt"),
    log:
        f"{EXAMPLE_RESULTS}/logs/excerpt.log",
    benchmark:
        f"{EXAMPLE_RESULTS}/benchmarks/excerpt.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=2000,
        runtime=minutes(10),
    shell:
        "one_thread python -m epidecouple.stages.example_inputs --settings {input.settings:q} --folder {output:q} > {log:q} 2>&1"
