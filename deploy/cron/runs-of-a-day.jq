# Of `granary runs --json`: the runs of the last day that ended otherwise than they should; a line where there was none. For jq -r -f.
[.runs[] | select(.started_at | sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601 > now - 86400)]
| if length == 0 then "no run of granary has started in the last 24 hours"
  else .[]
    | select(.why != null and (.why | IN("for", "ready", "idle", "complete", "ratio", "max-runtime", "signal", "replaced", "the fetch is over") | not))
    | "granary run \(.id), started \(.started_at), ended: \(.why)"
  end
