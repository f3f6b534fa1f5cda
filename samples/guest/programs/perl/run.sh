set -e
perl -e 'printf "perl %vd\n", $^V'
perl work.pl
