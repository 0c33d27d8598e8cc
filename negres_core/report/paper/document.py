r"""A document that inputs all files of a paper: `main.tex`. It compiles with pdfLaTeX and BibTeX."""

from __future__ import annotations

DOCUMENT = r"""% pdflatex main; bibtex main; pdflatex main; pdflatex main
\documentclass{article}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[margin=1in]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage{url}
\usepackage[numbers]{natbib}
\emergencystretch=3em

\begin{document}

\section{Methods}
\input{methods}

\section{Results}
Table~\ref{tab:negres} has the verdict on each claim, and the figures show the effects.
\input{table}
\input{forest}
\input{ranks}

\section{Deviations from the registration}
\input{deviations}

\bibliographystyle{plainnat}
\bibliography{references}

\clearpage
\appendix
\section{Arms}
\input{arms}

\section{Checklists}
\input{checklist}

\end{document}
"""
r"""The document. `\clearpage` ends the floats before the checklists."""
