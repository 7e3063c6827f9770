"""Packaging: everything that can vary stands in settings.ini, which nbdev reads too."""
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
parser = ConfigParser(delimiters=["="])
parser.read(here / "settings.ini", encoding="utf-8")
settings = parser["DEFAULT"]


def requirements(name):
    return settings.get(name, "").split()


dask = requirements("dask_requirements")
course = requirements("course_requirements") + dask  # a chapter shows it
grading = requirements("grading_requirements")
book = requirements("book_requirements")
browser = requirements("browser_requirements")
setup(
    name=settings["lib_name"],
    version=settings["version"],
    description=settings["description"],
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=settings["author"],
    license="Apache-2.0",
    keywords=settings["keywords"],
    packages=find_packages(include=["spam_rnn", "spam_rnn.*"]),
    package_data={"spam_rnn": ["py.typed", "data/*", "data/pretrained/*", "data/play/*", "data/play/*/*", "data/locale/*/*/*.mo"]},
    include_package_data=True,
    python_requires=">=" + settings["min_python"],
    install_requires=requirements("requirements"),
    extras_require={
        "course": course,
        "parquet": requirements("parquet_requirements"),
        "dask": dask,
        "grading": grading,
        "book": book,
        "browser": browser,
        "dev": course + grading + book + browser + requirements("dev_requirements"),
    },
    entry_points={"console_scripts": requirements("console_scripts")},
    zip_safe=False,
)
