"""Inputs that are wrong or unusual, and what each of the readers says: `docs/tables/bad_inputs.md`.

The tests hold every case against what it should say or give. Contents are the smallest that show a
fault; several stand for faults that users of this field reported publicly.
"""

import gzip
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from epidecouple.bengi.published import read_published
from epidecouple.core.errors import InputError, read_yaml
from epidecouple.experiments.chains import Lift
from epidecouple.experiments.crispr import read_crispr, read_predictions
from epidecouple.experiments.genes import read_tss
from epidecouple.files.catalog import Catalog, LineFiles
from epidecouple.files.elements_to_score import read_elements
from epidecouple.files.fasta import chromosome_sizes, encode_windows, open_genome
from epidecouple.files.inspection import inspect
from epidecouple.files.loops import read_loops
from epidecouple.files.motifs import read_motifs
from epidecouple.files.pairs import GENERIC_COLUMNS, read_bengi, read_pairs
from epidecouple.files.pairs_to_score import check_rows, read_scorable, require_scored
from epidecouple.files.peaks import read_peaks
from epidecouple.pretrained.places import Genome, place_elements

HEAD = """# Which message does a wrong input get?

Generated from `docs/bad_inputs.py` by `make docs`; do not edit by hand. The contents stand there,
and a test holds every row. `FILE` is the path of the file, with which a message begins.
"""
FOLDS = [["chr1"], ["chr2"], ["chr3"]]
NARROW = "chr1\t1000\t1400\tp\t100\t.\t5.5\t9\t8\t100\n"
XLS = "chr\tstart\tend\tlength\tabs_summit\tpileup\t-log10(pvalue)\tfold_enrichment\tqvalue\tname\n"
PAIRS = "\t".join(GENERIC_COLUMNS) + "\n"
PAIR = "chr1\t1000\t1400\tchr1\t9000\t9400\t1\n"
LOOP = "chr1\t5000\t7000\tchr1\t60000\t62000\n"
HICCUPS = "chr1\tx1\tx2\tchr2\ty1\ty2\n"
MEME = "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF a.1 A\n"
MATRIX = "letter-probability matrix: alength= 4 w= 2\n0.1 0.2 0.3 0.4\n0.7 0.1 0.1 0.1\n"
GENOME = f">chr1 x\n{'ACGT' * 5000}\n>chr2\n{'ACGT' * 5000}\n"
# BENGI's and TransEPI's rows: the enhancer's midpoint is 1200, the TSS 10501.
ENHANCER = "chr1:1000-1400|K562|EH37E1"
PROMOTER = "chr1:10500-10501|K562|ENSG1.1|ENST1.1|+"
BENGI = f"1\t9301.0\tchr1\t1000\t1400\t{ENHANCER}\tchr1\t9001\t11001\t{PROMOTER}\n"
TRANSEPI = f"1\t0.3292\tchr1\t{ENHANCER}\t{PROMOTER}\n"
SCORED = "\t".join(GENERIC_COLUMNS[:-1]) + "\n"
CRISPR = "chrom\tchromStart\tchromEnd\tname\tmeasuredGeneSymbol\tCellType\tRegulated\tEffectSize\n"
TESTED = "chr1\t1000\t1400\te\tMYC\tK562\tTRUE\t-0.25\n"
PUBLISHED = "chr\tstart\tend\tTargetGene\tpowerlaw.Score\n"
GENES = "#chr\tstart\tend\tname\n"
GENE = "chr1\t100\t600\tMYC\n"
FROM_HG19 = "chain 9 chr1 249250621 + 0 500 chr1 248956422 + 0 500 1\n500\n\n"
TO_MOUSE = FROM_HG19.replace("248956422", "195471971").replace("249250621", "248956422")
GAPPED = "chr1 1000 1400 p 115 . 1000 1400 0 1 400 0 8.5 14.1 11.6\n".replace(" ", "\t")
ELEMENTS = "chrom\tstart\tend\tgene\n"
ELEMENT = "chr8\t1000\t1400\tMYC\n"
TSS = pd.DataFrame({"gene": ["MYC", "PVT1"], "chrom": "chr8", "tss": [9000, 19000]})
CHAIN = "chain 900 chr1 9000 + 0 2000 chr1 9500 + 100 2100 1\n1000 500 500\n500\n\n"


@dataclass(frozen=True)
class Case:
    """An input of one reader: what it shows, its file's name and content, and what must be in the
    message, or in what is read.
    """

    reader: str
    what: str
    name: str
    content: str | bytes
    told: str


def refused(reader: str, name: str, *rows: tuple[str, str | bytes, str]) -> list[Case]:
    """Cases of one reader, from (what, content, told)."""
    return [Case(reader, what, name, content, told) for what, content, told in rows]


def bed(*fields: object) -> str:
    """A row on chr1, separated by tabs."""
    return "\t".join(map(str, ("chr1", 1000, 1400, *fields))) + "\n"


REFUSED = [
    *refused(
        "peaks",
        "a.bed",
        ("nothing in it", "", "this peak file is empty"),
        ("only a track line", "track name=x\n", "this peak file is empty"),
        ("two columns", "chr1\t5\n", ":1: 2 columns"),
        ("a header", "chrom\tbegin\tend\n" + bed(), ":1: column 2 is 'begin', not a whole number"),
        ("rows of different length", bed() + bed("p"), ":2: 4 fields where 3 are needed"),
        ("an interval of length 0", "chr1\t8\t8\n", ":1: peak chr1:8-8 is not an interval"),
        ("a negative start", "# x\n\nchr1\t-1\t8\n", ":3: peak chr1:-1-8 is not an interval"),
        ("no chromosome", bed() + "\t1\t8\n", ":2: peak :1-8 is not an interval"),
        ("a position beyond 2^53", f"chr1\t1\t{2**63}\n", "not a whole number"),
        ("thickStart where a signal would be", bed("p", 9, ".", 5, 8, 0, 1, 1), ":1: 11 columns"),
        ("bedMethyl", bed("m", 9, "+", 1000, 1400, "0,0,0", 10, 95), ":1: 11 columns"),
        ("summits of MACS", bed("p", 4.25), ":1: 5 columns"),
        ("column 6 no strand", bed("p", 800, 5.5), ":1: 6 columns"),
        ("epic2's table", bed(1e-9, 800.5, ".", 31, 12, 1e-8, 1.62), "(narrowPeak has, but"),
        ("p-values in column 4", bed(0.03) + bed(1e-9), "bedGraph or p-values"),
        ("whole numbers in column 4", bed(12), "bedGraph or a name of a BED4"),
        (
            "a signal that is text",
            NARROW + NARROW.replace("5.5", "high"),
            ":2: the signal (column 7",
        ),
        ("a signal of nan", NARROW.replace("5.5", "nan"), ":1: the signal (column 7"),
        ("a signal of inf", NARROW.replace("5.5", "inf"), ":1: the signal (column 7"),
        ("a negative signal", NARROW.replace("5.5", "-3"), ":1: the signal (column 7"),
        ("signals that are all 0", NARROW.replace("5.5", "0"), "no peak has a signal above 0"),
        (
            "MACS's .xls",
            "# MACS\n" + XLS + bed(400, 1100, 12.5, 9.1, 5.5, 7.2, "p"),
            ":2: column 2 is 'start', not a whole number. Give a BED, narrowPeak or broadPeak file",
        ),
        ("the same without its header", bed(400, 1100, 12.5, 9.1, 5.5, 7.2, "p"), ":1: 10 columns"),
        (
            "HOMER's peaks",
            "#PeakID\tchr\tstart\tend\tstrand\np-1\tchr1\t1001\t1400\t+\n",
            ":2: column 2 is 'chr1', not a whole number",
        ),
        ("MACS3's cutoff analysis", "score\tnpeaks\tlpeaks\n9.5\t5\t2000\n", "is 'npeaks', not"),
        ("islands of SICER", bed(120, 30, 1e-20, 4.2, 3e-19), ":1: 8 columns"),
        ("ENCODE's cCREs", bed("EH38D4", "EH38E2", "pELS"), ":1: 6 columns"),
        ("cCREs with colours", bed("E", 0, ".", 1000, 1400, "255,205,0", "dELS"), ":1: 10 columns"),
        ("broadPeak of IDR", bed(".", 9, ".", 4, 3, 5, 1, 2, 1, 2, 5, 1, 2, 6), ":1: 17 columns"),
        ("peaks of MACS 1.4", bed("MACS_peak_1", 62.31), ":1: 5 columns"),
        (
            "a decimal comma",
            NARROW.replace("5.5\t9\t8", "5,5\t9,1\t8,2"),
            "column 7 is '5,5', a number needs a point",
        ),
        (
            "one row that is otherwise",
            NARROW * 2 + NARROW.replace("9\t8", "NA\tNA"),
            ":3: 10 columns",
        ),
        (
            "HMMRATAC's peaks of high coverage",
            GAPPED + bed("High_0", ".", ".", 0, 0, "255,0,0", 1, 400, 0, -1, -1, -1),
            ":2: 15 columns, and no known format of peaks has these (gappedPeak has, but this row",
        ),
        ("1,000 for 1000", NARROW.replace("1000", "1,000"), ":1: column 2 is '1,000', not a whole"),
        ("an end before its start", "chr1\t1400\t1000\n", ":1: peak chr1:1400-1000 is not an"),
        ("places as chr1:1-9", "chr1:1-9\n", ":1: 1 columns"),
        ("a GFF", "chr1\tMACS\tpeak\t1001\t1400\t5.5\t.\t.\tID=p\n", "column 2 is 'MACS', not"),
        ("a table of pandas", "0,chr1,1000,1400\n", ":1: column 2 is 'chr1', not a whole number"),
        ("a page of small letters", "\n<!doctype html>\n", "but a web page"),
        ("an error of a server", '<?xml version="1.0"?><Error>\n', "but a page of a server"),
        ("a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\n", "of Git LFS"),
        ("a bigBed", b"\xeb\xf2\x89\x87" + bytes(60), "but a bigBed file"),
        ("a bigWig", b"\x26\xfc\x8f\x88" + bytes(60), "no text file but a bigWig file"),
        (
            "an Excel workbook",
            b"PK\x03\x04" + bytes(60),
            "a zip archive, perhaps an Excel workbook",
        ),
        ("a web page in its place", "<!DOCTYPE html>\n<p>404</p>\n", "but a web page"),
        ("bytes that are no letters", bytes(range(128, 256)) * 9, "this is no text file"),
        ("a gzip cut short", gzip.compress(NARROW.encode() * 99)[:60], "damaged or cut short"),
        ("a line of 10^6 columns", "chr1\t1\t9" + "\t0" * 10**6, ":1: this line, or all of the"),
    ),
    *refused(
        "pairs",
        "pairs.tsv",
        ("nothing in it", "", ":1: the columns are [''] (this file is empty)"),
        ("a header and no rows", PAIRS, "this pair table is empty"),
        ("other columns", "chrom\tstart\nchr1\t5\n", ":1: the columns are ['chrom', 'start']"),
        (
            "a column twice",
            PAIRS.replace("\n", "\tlabel\n") + PAIR.replace("\n", "\t0\n"),
            ":1: column 'label' stands twice",
        ),
        ("a chromosome left out", PAIRS + PAIR + PAIR[4:], ":3: enhancer_chrom is empty"),
        (
            "two chromosomes",
            PAIRS + PAIR.replace("chr1", "chr2", 1),
            ":2: enhancer on chr2, promoter",
        ),
        ("a position that is text", PAIRS + PAIR.replace("1400", "x"), ":2: enhancer_end is 'x'"),
        ("a position left out", PAIRS + PAIR.replace("1400", ""), ":2: enhancer_end is empty"),
        ("a fraction", PAIRS + PAIR.replace("1400", "1400.5"), ":2: enhancer_end is '1400.5'"),
        (
            "an end before its start",
            PAIRS + PAIR.replace("1400", "900"),
            ":2: enhancer chr1:1000-900",
        ),
        ("an empty label", PAIRS + PAIR.replace("\t1\n", "\t\n"), ":2: label is empty"),
        ("a label of 2", PAIRS + PAIR.replace("\t1\n", "\t2\n"), ":2: label is 2"),
        ("a label of NA", PAIRS + PAIR.replace("\t1\n", "\tNA\n"), ":2: label is NA"),
        (
            "both labels",
            PAIRS + PAIR + PAIR.replace("\t1\n", "\t0\n"),
            ":3: the pair chr1:1000 - 9000 is listed with label 0 and with label 1",
        ),
        (
            "several cell lines in one table",
            (PAIRS + PAIR + PAIR.replace("1400", "1500"))
            .replace("\n", "\tA\n", 2)
            .replace("\tA\n", "\tcell_line\n", 1)
            .replace("\t1\n", "\t1\tB\n"),
            ":3: the pairs are of several cell lines: A, B",
        ),
        ("a row too long", PAIRS + PAIR + PAIR.replace("\n", "\tx\n"), ":3: 8 fields where 7"),
        (
            "1,000 in a CSV",
            (PAIRS + PAIR.replace("chr1", "1")).replace("\t", ",").replace("1000", "1,000"),
            ":2: 8 fields where 7 are needed",
        ),
        (
            "a name without coordinates",
            "enhancer_name,promoter_name,label\nK562|chr1:1-9,GENE1,1\n",
            ":2: 'GENE1' is not a name like",
        ),
    ),
    *refused(
        "loops",
        "loops.bedpe",
        ("nothing in it", "", "this loop list has no loops"),
        ("a header and no rows", HICCUPS, "this loop list has no loops"),
        ("a BED", "chr1\t1\t9\n", ":1: neither the HiCCUPS columns"),
        ("a BED6", bed("p", 800, "+"), ":1: end2 is '+', not a whole number"),
        ("an unknown header", "a\tb\tc\td\te\tf\n" + LOOP, ":1: start1 is 'b', not a whole number"),
        (
            "a position that is text",
            HICCUPS + LOOP.replace("7000", "x"),
            ":2: end1 is 'x', not a whole",
        ),
        ("an anchor of length 0", LOOP.replace("7000", "5000"), ":1: loop anchors chr1:5000-5000"),
        ("an unknown anchor", LOOP.replace("60000\t62000", "-1\t-1"), ":1: loop anchors"),
        ("rows of different length", LOOP + LOOP.replace("\n", "\t.\n"), ":2: 7 fields where 6"),
        ("between chromosomes only", LOOP.replace("chr1", "chr2", 1), "no loop of this list joins"),
        (
            "interact of UCSC",
            bed("x", 500, 7, "e", "0", "chr1", 1, 2, "a", ".", "chr1", 5, 6, "b", "."),
            ":1: 18 columns: interact of UCSC",
        ),
        (
            "midpoints of FitHiC",
            "chr1\tfragmentMid1\tchr2\tfragmentMid2\tp\tq\nchr1\t5000\tchr1\t60000\t1\t1\n",
            ":1: start1 is 'fragmentMid1', not a whole number. Give chromosome, start and end of",
        ),
        ("longrange of WashU", "chr1\t5000\t7000\tchr1:60000-62000,7\n", ":1: neither the HiCCUPS"),
        ("cLoops2's names", "id\tchrA\tstartA\tendA\tchrB\tstartB\tendB\n", "is 'chrA', not a"),
        ("ChIA-PET as BED12", bed("p", 7, ".", 1, 9, 0, 2, "5,5", "0,9"), ":1: end2 is '.', not"),
        ("domains of Arrowhead", HICCUPS + "1\t5\t900\t1\t5\t900\n", "this is a list of domains"),
        ("a .hic matrix", b"HIC\x00" + bytes(60), "no text file but a .hic matrix"),
    ),
    *refused(
        "motifs",
        "motifs.meme",
        ("nothing in it", "", "no line of this file starts with MOTIF"),
        ("JASPAR's own format", ">MA1 A\nA [1 2]\n", "no line of this file starts with MOTIF"),
        ("TRANSFAC", "AC M1\nP0 A C G T\n01 1 2 2 0 S\n", "no line of this file starts with MOTIF"),
        ("HOMER's motifs", ">ATG\tAP-1\t6.05\n0.4 0.3 0.2 0.1\n", "starts with MOTIF"),
        ("a decimal comma", MEME + MATRIX.replace("0.7", "0,7"), ":8: '0,7 0.1 0.1 0.1' is not"),
        ("an alphabet of RNA", MEME.replace("ACGT", "ACGU") + MATRIX, ":3: the alphabet is 'ACGU'"),
        ("a protein alphabet", MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), ":3: the alphabet is"),
        ("a motif without matrix", MEME + "MOTIF b\n" + MATRIX, ":5: this motif has no letter"),
        (
            "a row left out",
            MEME + MATRIX.replace("0.7 0.1 0.1 0.1\n", ""),
            ":6: w= 2, and the matrix",
        ),
        ("a row too many", MEME + MATRIX + "1 0 0 0\n", ":6: w= 2, and the matrix has 3 rows"),
        ("three numbers", MEME + MATRIX.replace("0.7 ", ""), ":8: '0.1 0.1 0.1' is not four"),
        ("counts", MEME + MATRIX.replace("0.7 ", "7 "), ":8: '7 0.1 0.1 0.1' is not four"),
        ("a negative number", MEME + MATRIX.replace("0.7 0.1", "0.9 -0.1"), ":8: '0.9 -0.1"),
        ("nan", MEME + MATRIX.replace("0.7", "nan"), ":8: 'nan 0.1 0.1 0.1' is not four"),
        ("a motif twice", MEME + MATRIX + "MOTIF a.1\n" + MATRIX, ":9: motif a.1 stands twice"),
    ),
    *refused(
        "genome",
        "genome.fa",
        ("nothing in it", "", "this is no FASTA"),
        ("no name", "ACGT\n", "this is no FASTA"),
        ("lines of two lengths", ">chr1\nACGT\nAC\nACGT\n", "Line length"),
        ("lines of two lengths, the last of one letter", ">chr1\nACGT\nAC\nACGT\nA", "several"),
        ("a name twice", ">chr1\nACGT\n>chr1\nACGT\n", "Duplicate key"),
        ("a sequence without letters", ">chr1\n>chr2\nACGT\n", "sequence chr1 is empty"),
        ("a letter that is no base", ">chr1\nACG*AC-T\n", "letter '*' at chr1:3 is not"),
        ("a 2bit genome", b"\x43\x27\x41\x1a" + bytes(60), "but a 2bit genome"),
    ),
    *refused(
        "BENGI",
        "K562.HiC-Benchmark.v3.tsv",
        ("nothing in it", "", "this pair table is empty"),
        ("a label of 2", "2" + BENGI[1:], ":1: label is 2"),
        ("nine columns", BENGI.rsplit("\t", 1)[0] + "\n", ":1: 9 fields where BENGI has 10"),
        ("twelve columns", BENGI + BENGI[:-1] + "\tx\ty\n", ":2: 12 fields where BENGI has 10"),
        (
            "two chromosomes",
            BENGI.replace("\tchr1\t9001", "\tchr2\t9001"),
            ":1: enhancer on chr1, promoter on chr2",
        ),
        ("a position that is text", BENGI.replace("\t1400", "\tx"), ":1: enhancer_end is 'x'"),
        (
            "a distance of another pair",
            BENGI + BENGI.replace("9301.0", "7000.0"),
            ":2: the distance is '7000.0', from the enhancer's midpoint to the promoter it is"
            " 7801 to 9801 bp",
        ),
        ("a distance that is text", BENGI.replace("9301.0", "far"), ":1: the distance is 'far'"),
        ("a negative distance", BENGI.replace("9301", "-9301"), ":1: the distance is '-9301.0'"),
        (
            "a name without its place",
            BENGI.replace(ENHANCER, "EH37E1"),
            ":1: 'EH37E1' is not a name like chr5:317258-317610|GM12878|EH37E0762690",
        ),
        (
            "an enhancer named for another place",
            BENGI.replace("chr1:1000", "chr1:1001"),
            f":1: the enhancer is named '{ENHANCER.replace('1000', '1001')}' and lies at",
        ),
        (
            "a TSS outside its promoter",
            BENGI.replace("10500-10501", "11500-11501"),
            ":1: the promoter is named",
        ),
        (
            "a name on another chromosome",
            BENGI.replace("chr1:1000", "1:1000"),
            ":1: the enhancer is named '1:1000-1400",
        ),
        (
            "rows of two lines",
            BENGI + BENGI.replace("K562", "NHEK").replace("\t11001", "\t11002"),
            ":2: the pairs are of several cell lines: K562, NHEK",
        ),
        (
            "ends of two lines",
            BENGI.replace("K562|ENSG", "NHEK|ENSG"),
            ":1: the pairs are of several cell lines: K562, NHEK",
        ),
        (
            "both labels",
            BENGI + "0" + BENGI[1:],
            ":2: the pair chr1:1000 - 9001 is listed with label 0 and with label 1",
        ),
    ),
    *refused(
        "TransEPI's scores",
        "results.txt",
        ("four columns", TRANSEPI + TRANSEPI[2:], ":2: 4 fields where 5"),
        ("a score of nan", TRANSEPI.replace("0.3292", "nan"), ":1: the score is 'nan'"),
        ("a pair twice", TRANSEPI + TRANSEPI, ":2: the pair chr1:1000-1400|K562"),
    ),
    *refused(
        "pairs to score",
        "my.tsv",
        ("other columns", "chrom\tstart\nchr1\t5\n", ":1: the columns are"),
        (
            "a chromosome of another naming",
            SCORED + "1\t1000\t1400\t1\t9000\t9400\n",
            ":2: chromosome 1 is not in the genome, which has chr1, chr2",
        ),
        ("an end before its start", SCORED + "chr1\t9\t8\tchr1\t50\t60\n", ":2: enhancer chr1:9-8"),
        (
            "beyond the chromosome",
            SCORED + "chr2\t50\t60\tchr2\t99\t9999\n",
            "beyond chr2 of 500 bp",
        ),
    ),
    *refused(
        "elements and genes",
        "my.tsv",
        ("nothing in it", "", "the columns are ['']"),
        ("a header and no rows", ELEMENTS, "this table has no rows"),
        ("columns of an eQTL table", "variant_id\tgene_id\tpval\nv\tg\t1\n", ":1: the columns are"),
        ("a BED of three columns", "chr8\t1000\t1400\n", "a BED with the gene in column 4"),
        (
            "peaks: no gene in column 4",
            "chr8\t1000\t1400\tpeak_1\t9\t.\n",
            ":1: gene peak_1 is not",
        ),
        ("Ensembl's names", ELEMENT.replace("MYC", "ENSG00000136997.21"), "is not in the table of"),
        (
            "a gene that Excel made a date",
            ELEMENT.replace("MYC", "1-Mar"),
            ":1: gene 1-Mar is a date",
        ),
        (
            "a chromosome of another naming",
            ELEMENT[3:],
            ":1: gene MYC lies on chr8, the element on 8",
        ),
        ("an element of hg38", ELEMENT.replace("1400", "146500000"), "146364022 bp in hg19"),
        (
            "two columns for the gene",
            ELEMENTS.replace("\n", "\tTargetGene\n") + ELEMENT.replace("\n", "\tPVT1\n"),
            ":2: columns gene and TargetGene both give the gene, and differ",
        ),
        (
            "two columns for the start",
            ELEMENTS.replace("\n", "\tchromStart\n") + ELEMENT.replace("\n", "\t5000\n"),
            ":2: columns start and chromStart both give the start, and differ",
        ),
        (
            "1,000 in a CSV",
            (ELEMENTS + ELEMENT).replace("\t", ",").replace("1000", "1,000"),
            ":2: 5 fields where 4 are needed",
        ),
    ),
    *refused(
        "configuration",
        "run.yaml",
        ("a key twice", "DNase: rep1.bed\nDNase: rep2.bed\n", ":2: key 'DNase' stands twice"),
        ("a key twice in braces", "peaks: {A: 1, A: 2}\n", ":1: key 'A' stands twice"),
        ("an open bracket", "marks: [A\nruns: 1\n", ":2: this is no YAML"),
        ("a tab", "a:\n\tb: 1\n", ":2: this is no YAML"),
    ),
    *refused(
        "all files together",
        "peaksA",
        ("peaks named 1 among chr1", "1\t1\t9\n", "is in the genome (file: 1; genome"),
        ("some peaks named 2 among chr2", bed() + "2\t1\t9\n", "chromosome 2 is called chr2"),
        (
            "peaks of another assembly",
            bed() + "chr1\t20500\t20900\n",
            "begins at 20500 of chr1, which has 20000 bp in the genome",
        ),
        ("some peaks named chr02", bed() + "chr02\t1\t9\n", "chr02 is called chr2 in the genome"),
        ("some peaks in capitals", bed() + "CHR2\t1\t9\n", "CHR2 is called chr2 in the genome"),
    ),
    *refused(
        "all files together",
        "loopsA",
        ("loops of NCBI's names", LOOP.replace("chr1", "NC_1.1"), "(loops: chrNC_1.1; pairs: chr1"),
        ("loops in capitals", LOOP.replace("chr1", "CONTIG-1"), "no loop lies on a chromosome"),
        (
            "some loops of Juicer's capitals",
            LOOP + LOOP.replace("chr1", "CHR2"),
            "chromosome CHR2 is called chr2 in the pairs",
        ),
    ),
    *refused(
        "all files together",
        "pairsA",
        (
            "pairs that no fold has",
            PAIRS + PAIR.replace("chr1", "1"),
            "pairs lie on 1; splits.folds",
        ),
        (
            "some pairs that folds write otherwise",
            PAIRS + PAIR + PAIR.replace("chr1", "chr03"),
            "chromosome chr03 is called chr3 in splits.folds",
        ),
    ),
    *refused(
        "CRISPR pairs",
        "crispr.tsv",
        ("nothing in it", "", ":1: the columns are ['']"),
        ("a header and no rows", CRISPR, "this table has no rows"),
        (
            "no column of the gene",
            CRISPR.replace("measuredGene", "") + TESTED,
            "measuredGeneSymbol",
        ),
        ("a column twice", CRISPR.replace("name", "chrom") + TESTED, "Give ["),
        ("a label that is no TRUE or FALSE", CRISPR + TESTED.replace("TRUE", "1"), ":2: Regulated"),
        ("a decimal comma", CRISPR + TESTED.replace("0.25", "0,25"), ":2: effect is '-0,25'"),
        ("an empty label", CRISPR + TESTED.replace("TRUE", ""), ":2: Regulated is ''"),
        ("a position that is text", CRISPR + TESTED.replace("1400", "x"), ":2: end is 'x'"),
        ("an end before its start", CRISPR + TESTED.replace("1400", "9"), ":2: chr1:1000-9 is not"),
        ("an effect that is text", CRISPR + TESTED.replace("-0.25", "low"), "effect is 'low'"),
        (
            "a gene that Excel made a date",
            CRISPR + TESTED.replace("MYC", "1-Mar"),
            ":2: gene 1-Mar",
        ),
        ("a row too short", CRISPR + TESTED + "chr1\t1\n", ":3: 2 fields where 8 are needed"),
        ("an Excel workbook", b"PK\x03\x04x", "perhaps an Excel workbook"),
    ),
    *refused(
        "published scores",
        "abc.tsv",
        ("a header and no rows", PUBLISHED, "this table has no rows"),
        ("no column of the score", PUBLISHED.replace("powerlaw.", ""), "powerlaw.Score"),
        ("a score that is text", PUBLISHED + GENE.strip() + "\thigh\n", ":2: score is 'high'"),
    ),
    *refused(
        "genes",
        "genes.bed",
        ("nothing in it", "", "this is no table of genes"),
        ("a header and no rows", GENES, "this is no table of genes"),
        ("three columns", "chr1\t100\t600\n", ":1: column 4 names no gene"),
        ("a position that is text", GENES + GENE.replace("600", "x"), ":2: end is 'x'"),
        ("an end before its start", GENES + GENE.replace("600", "6"), ":2: chr1:100-6 is not"),
        (
            "whole genes in place of their TSS",
            "chr8\t128748314\t128753680\tMYC\t0\t+\n",
            ":1: the interval of MYC is 5366 bp wide: the whole gene, whose middle is no TSS?",
        ),
        ("a gene that Excel made a date", GENE.replace("MYC", "2-Sep"), ":1: gene 2-Sep is a date"),
        ("a number in column 4", GENE.replace("MYC", "0\tMYC"), ":1: column 4 names no gene: 0"),
        (
            "a GTF",
            "chr1\tHAVANA\tgene\t11869\t14409\t.\t+\t.\tgene_id x\n" * 2,
            ":2: start is 'HAVANA', not a whole number. Give a BED of genes",
        ),
        (
            "UCSC's refGene",
            "585\tNR_1\tchr1\t+\t11873\t14409\n" * 2,
            ":2: start is 'NR_1', not a whole number. Give a BED of genes",
        ),
        ("a gene without name", GENES + GENE.replace("MYC", ""), ":2: column 4 names no gene"),
        ("a gzip cut short", gzip.compress(GENE.encode() * 99)[:-9], "damaged or cut short"),
    ),
    *refused(
        "chains",
        "a.over.chain",
        ("nothing in it", "", "this chain file has no chains"),
        ("a BED in its place", GENE, ":1: this is no header of a chain"),
        ("a chain cut short", CHAIN[: CHAIN.index("500\n\n")], "this chain file is cut short"),
        ("a row of two numbers", CHAIN.replace("500 500", "500"), ":2: this is no row of a chain"),
        (
            "blocks of another length",
            CHAIN.replace("1000 ", "999 "),
            ":3: the blocks of this chain",
        ),
        ("a chromosome of two sizes", CHAIN + CHAIN.replace(" 9000", " 9001"), "9001 bp here"),
        ("a chain beyond its chromosome", CHAIN.replace(" 9000", " 900"), "not on its chromosomes"),
        ("letters of no chromosome", CHAIN.replace("chr1", "chr\xe9"), ":1: this is no header"),
        ("the strand of the first -", CHAIN.replace("9000 +", "9000 -"), ":1: this is no header"),
        ("a gzip cut short", gzip.compress(CHAIN.encode() * 99)[:-9], "damaged or cut short"),
        (
            "hg19ToHg38",
            FROM_HG19,
            ":1: this chain leads from chr1 of 249250621 bp to chr1 of 248956422",
        ),
        (
            "hg38ToMm10",
            TO_MOUSE,
            ":1: this chain leads from chr1 of 248956422 bp to chr1 of 195471971",
        ),
    ),
]


READ = [
    Case("peaks", "gappedPeak: the signal is column 13", "a.gappedPeak",
         GAPPED, "8.5"),
    Case("peaks", "BED9: no signal", "a.bed", bed("p", 0, "+", 1000, 1400, "255,0,0"), "1.0"),
    Case("peaks", "SEACR: the highest signal, column 5", "a.bed",
         bed(900.5, 6.25, "chr1:1100-1200"), "6.25"),
    Case("peaks", "bedGraph: column 4", "a.bedGraph", bed(7), "7.0"),
    Case("peaks", "one interval per summit: the highest", "a.narrowPeak",
         NARROW + NARROW.replace("5.5", "3.5"), "[['chr1', 1000, 1400, 5.5]]"),
    Case("peaks", "a quote that opens a name", "a.narrowPeak",
         NARROW.replace("p", '"B') + NARROW.replace("1000", "1001").replace("p", '"D'), "1001"),
    Case("peaks", "a # inside a name", "a.narrowPeak", NARROW.replace("p", "p#1"), "5.5"),
    Case("peaks", "track and browser lines", "a.bed",
         "browser position chr1\ntrack name=x\n" + NARROW, "5.5"),
    Case("peaks", "spaces in place of tabs", "a.bed", NARROW.replace("\t", " "), "5.5"),
    Case("peaks", "gzip under a plain name", "a.bed", gzip.compress(NARROW.encode()), "5.5"),
    Case("peaks", "a plain file named .gz", "a.bed.gz", NARROW, "5.5"),
    Case("peaks", "bedGraph: so says the track line", "a.txt",
         "track type=bedGraph\n" + bed(7), "7.0"),
    Case("peaks", "bedGraph: so says the name", "a.bedGraph.txt", bed(7), "7.0"),
    Case("peaks", "a signal as 5.5e+02, a score of 0, no summit", "a.narrowPeak",
         bed(".", 0, ".", "5.5e+02", -1, -1, -1), "550.0"),
    Case("peaks", "Genrich: a score of 1000, no q-value", "a.narrowPeak",
         bed("p", 1000, ".", 812.5, 3.9, -1, 95), "812.5"),
    Case("peaks", "PeakRanger: BED6, whose score is no signal", "a.bed",
         bed("p", 1e-5, "+"), "1.0"),
    Case("peaks", "a score of SICER's islands", "a.scoreisland", bed(12.75), "12.75"),
    Case("peaks", "rows that end with tabs, spaces and without a newline", "a.narrowPeak",
         (NARROW + NARROW.replace("1000", "900")).replace("100\n", "100\t \n", 1).strip(), "900"),
    Case("peaks", "line ends of two systems", "a.narrowPeak",
         NARROW.replace("\n", "\r\n") + NARROW.replace("1000", "900"), "900"),
    Case("peaks", "BED6 and counts of bedtools", "a.bed", bed("p", 0, "+", 17), "17.0"),
    Case("pairs", "generic columns as CSV, with a quoted comma", "p.csv",
         ("name\t" + PAIRS + '"a, b"\t' + PAIR).replace("\t", ","), "['chr1', 1000, 1400, 9000"),
    Case("pairs", "TargetFinder's columns as TSV", "p.tsv",
         "enhancer_name\tpromoter_name\tlabel\nK|chr1:1000-1400\tK|chr1:9000-9400\t1\n", "9400"),
    Case("pairs", "UTF-16, as Excel saves", "p.txt", (PAIRS + PAIR).encode("utf-16"), "9400"),
    Case("pairs", "sep=; as Excel writes", "p.csv",
         "sep=;\n" + (PAIRS + PAIR).replace("\t", ";"), "9400"),
    Case("pairs", "semicolons, as Excel saves in Europe", "p.csv",
         (PAIRS + PAIR).replace("\t", ";"), "9400"),
    Case("pairs", "write.table of R: quotes and row names", "p.tsv",
         PAIRS + '"1"\t' + PAIR.replace("chr1", '"chr1"'), "['chr1', 1000, 1400, 9000, 9400, 1"),
    Case("pairs", "1e+05 for 100000, as R writes", "p.tsv",
         PAIRS + PAIR.replace("9400", "1e+05"), "100000"),
    Case("pairs", "a header that begins with #", "p.tsv", "#" + PAIRS + PAIR, "9400"),
    Case("loops", "hichipper's spaces", "l.bedpe",
         "chr1 5000 7000 chr1 60000 62000 . 4\n", "62000"),
    Case("loops", "SIP's header", "l.txt",
         HICCUPS.replace("chr", "chromosome") + LOOP, "['chr1', 5000, 7000, 'chr1', 60000"),
    Case("loops", "HiCCUPS with comments", "l.bedpe",
         "#" + HICCUPS + "# juicer_tools 2\n" + LOOP, "['chr1', 5000, 7000, 'chr1', 60000"),
    Case("loops", "cooltools with row names", "l.tsv",
         "\tchrom1\tstart1\tend1\tchrom2\tstart2\tend2\n0\t" + LOOP, "'chr1', 60000, 62000]"),
    Case("loops", "columns in another order", "l.txt",
         "chr1\tchr2\tx1\tx2\ty1\ty2\nchr1\tchr1\t5000\t7000\t60000\t62000\n",
         "'chr1', 60000, 62000]"),
    Case("loops", "Mustache", "l.tsv",
         "BIN1_CHR\tBIN1_START\tBIN1_END\tBIN2_CHROMOSOME\tBIN2_START\tBIN2_END\n" + LOOP, "62000"),
    Case("loops", "FitHiChIP", "l.bed", "chr1\ts1\te1\tchr2\ts2\te2\n" + LOOP, "62000"),
    Case("loops", "positions as 5000.0", "l.bedpe", LOOP.replace("5000", "5000.0"), "5000, 7000"),
    Case("motifs", "comments in the matrix", "m.meme",
         "# x\n" + MEME + MATRIX.replace("0.7", "# y\n0.7"), "2 rows"),
    Case("motifs", "gzip", "m.meme.gz", gzip.compress((MEME + MATRIX).encode()), "2 rows"),
    Case("motifs", "UTF-16", "m.meme", (MEME + MATRIX).encode("utf-16"), "2 rows"),
    Case("motifs", "a name in Latin-1", "m.meme", (MEME + "\n").replace("A\n", "A\n").replace(
        "a.1 A", "a.1 caf\xe9").encode("latin-1") + MATRIX.encode(), "2 rows"),
    Case("motifs", "an empty line in the matrix", "m.meme",
         MEME + MATRIX.replace("0.7", "\n0.7"), "2 rows"),
    Case("motifs", ".7 for 0.7", "m.meme", MEME + MATRIX.replace("0.7", ".7"), "2 rows"),
    Case("genome", "IUPAC codes: N", "g.fa", ">chr1\nACMRACGT\n", "ACNNACGT"),
    Case("genome", "a space before the name", "g.fa", "> chr1 x\nACGT\n", "ACGT"),
    Case("genome", "empty lines at the end", "g.fa", ">chr1\nACGT\n\n\n", "ACGT"),
    Case("pairs", "BENGI's rows", "K562.tsv", BENGI, "['chr1', 1000, 1400, 9001, 11001, 1, 1]"),
    Case("BENGI", "a mask in column 11", "K562.tsv.gz",
         gzip.compress((BENGI.strip() + "\t500-900;1-2\n" + BENGI).encode()), "9301.0, 'K562'"),
    Case("TransEPI's scores", "a comment on top", "r.txt", "##command: x\n" + TRANSEPI, "[0.3292]"),
    Case("pairs to score", "a TSS of length 0", "my.bedpe",
         "chr1\t100\t150\tchr1\t900\t900\n", "[[125, 900]]"),
    Case("pairs to score", "empty columns and rows of Excel", "my.csv",
         (SCORED + PAIR.replace("1\n", "\n") + "\t" * 7 + "\n").replace("\t", ","),
         "[[1200, 9200]]"),
    Case("elements and genes", "BEDPE: enhancer and promoter", "my.bedpe",
         "chr8\t1000\t1400\tchr8\t9000\t9400\tx\t5\n", "[['chr8', 1200, 9200, '']]"),
    Case("elements and genes", "the table of ABC, with its header as a comment", "my.txt",
         "#chr\tstart\tend\tname\tTargetGene\tABC.Score\nchr8\t1000\t1400\tn\tMYC\t0.1\n",
         "9000, 'MYC'"),
    Case("elements and genes", "write.table of R: quotes and row names", "my.tsv",
         ELEMENTS + '"1"\t' + ELEMENT.replace("MYC", '"MYC"'), "[['chr8', 1200, 9000, 'MYC']]"),
    Case("elements and genes", "spaces around names", "my.tsv",
         ELEMENTS + ELEMENT.replace("chr8", "chr8 ").replace("MYC", " MYC"), "9000, 'MYC'"),
    Case("elements and genes", "positions as 1000.0", "my.bed",
         ELEMENT.replace("00\t", "00.0\t"), "[['chr8', 1200, 9000, 'MYC']]"),
    Case("elements and genes", "one column twice, with the same values", "my.tsv",
         ELEMENTS.replace("\n", "\tTargetGene\n") + ELEMENT.replace("\n", "\tMYC\n"),
         "9000, 'MYC'"),
    Case("elements and genes", "words of many letters in a CSV's header", "my.csv",
         "chrom,start,end,gene,how the tool sees it\nchr8,1000,1400,MYC,well\n", "9000, 'MYC'"),
    Case("CRISPR pairs", "no effect: NA", "c.tsv", CRISPR + TESTED.replace("-0.25", "NA"), "True"),
    Case("CRISPR pairs", "commas, Windows line ends, UTF-16", "c.csv",
         (CRISPR + TESTED).replace("\t", ",").replace("\n", "\r\n").encode("utf-16"), "'MYC'"),
    Case("published scores", "an unknown score", "a.tsv",
         PUBLISHED + GENE.strip() + "\tNA\n", "nan"),
    Case("genes", "no header", "genes.bed", GENE, "'MYC', 'chr1', 350"),
    Case("genes", "a header without #", "genes.bed", GENES[1:] + GENE, "'MYC', 'chr1', 350"),
    Case("chains", "gzip under another name", "a.chain", gzip.compress(CHAIN.encode()), "1600.0"),
    Case("chains", "comments and blank lines", "a.chain", f"# x\n\n{CHAIN}\n", "1600.0"),
]  # fmt: skip


def table_of(read: Callable[[Path], pd.DataFrame]) -> Callable[[Path], str]:
    """What a reader gives, as text."""
    return lambda path: str(read(path).to_numpy().tolist())


def genome_letters(path: Path) -> str:
    """The letters of the first sequence as they are encoded."""
    with open_genome(path) as fasta:
        name, size = next(iter(chromosome_sizes(fasta).items()))
        window = pd.DataFrame({"chrom": [name], "start": [0], "end": [size]})
        return "".join("ACGTN"[code] for code in encode_windows(fasta, window, path)[0])


def first_scored(path: Path) -> str:
    """The midpoints of the first row, or the refusal with its reason."""
    table = read_scorable(path)
    usable, reasons = check_rows(table, {"chr1": 20_000, "chr2": 500}, 20)
    if reasons[0]:
        raise InputError(reasons[0], "Mend the row", path, table.row[0])
    return str(usable[["enhancer_mid", "promoter_mid"]].to_numpy().tolist())


def first_element(path: Path) -> str:
    """The place of the first row on toy genes, or the refusal with its reason."""
    table = read_elements(path)
    pairs, reasons = place_elements(table, Genome(TSS, "hg19"))
    list(require_scored([table.assign(reason=reasons)], path))
    return str(pairs[["chrom", "element_mid", "tss", "gene"]].to_numpy().tolist())


def all_files(path: Path) -> str:
    """Files of two lines that fit together, but for the one that is given."""
    inspect(fitting_files(path.parent, {path.name: path.read_text()}), FOLDS)
    return "every file fits"


def fitting_files(folder: Path, changes: dict[str, str]) -> Catalog:
    """Files of two lines that name chromosomes alike; `changes` are other contents by name, and
    regions are there where these have them.
    """
    contents = {"genome": GENOME, "motifs": MEME + MATRIX}
    contents["regions"] = "chr1\t0\t20000\n"
    for line in "AB":
        contents[f"pairs{line}"] = PAIRS + PAIR + PAIR.replace("chr1", "chr2")
        contents[f"loops{line}"] = LOOP.replace("chr1", "1")
        contents[f"peaks{line}"] = bed() + "chrUn_1\t1\t9\n"
    paths = {name: folder / name for name in contents}
    for name, text in {**contents, **changes}.items():
        paths[name].write_text(text)
    lines = {
        line: LineFiles(
            paths[f"pairs{line}"], paths[f"loops{line}"], {"DNase": paths[f"peaks{line}"]}
        )
        for line in "AB"
    }
    regions = paths["regions"] if "regions" in changes else None
    return Catalog(paths["genome"], regions, paths["motifs"], lines)


READERS: dict[str, Callable[[Path], str]] = {
    "peaks": table_of(read_peaks),
    "pairs": table_of(read_pairs),
    "BENGI": table_of(read_bengi),
    "TransEPI's scores": table_of(read_published),
    "loops": table_of(read_loops),
    "motifs": lambda path: f"{len(read_motifs(path)[0].probabilities)} rows",
    "genome": genome_letters,
    "pairs to score": first_scored,
    "elements and genes": first_element,
    "configuration": lambda path: str(read_yaml(path)),
    "CRISPR pairs": table_of(read_crispr),
    "published scores": table_of(read_predictions),
    "genes": table_of(read_tss),
    "chains": lambda path: str(Lift(path).position("chr1", 1500)),
    "all files together": all_files,
}


def outcome(case: Case, folder: Path) -> tuple[bool, str]:
    """Whether a case is refused, and the message, or what is read."""
    path = folder / case.name
    content = case.content if isinstance(case.content, bytes) else case.content.encode()
    path.write_bytes(content)
    try:
        return False, READERS[case.reader](path)
    except InputError as error:
        return True, str(error).replace(str(path), "FILE")


def page() -> str:
    """docs/tables/bad_inputs.md: every case with its message."""
    parts = [HEAD]
    for title, cases in (("Refused", REFUSED), ("Read", READ)):
        heads = ["reader", "input", "message" if title == "Refused" else "what is read"]
        parts += [
            f"\n## {title}: {len(cases)} inputs\n",
            f"| {' | '.join(heads)} |",
            "|---|---|---|",
        ]
        parts += [_row(case) for case in cases]
    return "\n".join(parts) + "\n"


def _row(case: Case) -> str:
    with tempfile.TemporaryDirectory() as folder:
        message = " ".join(outcome(case, Path(folder))[1].split()).replace("|", "\\|")
    return f"| {case.reader} | {case.what} | {message} |"
