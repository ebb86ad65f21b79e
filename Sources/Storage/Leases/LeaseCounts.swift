/// How leases fare, for `status` and metrics.
package struct LeaseCounts: Hashable, Sendable {
  /// Leases that stand now.
  package var held = 0
  /// Leases taken since the start.
  package var taken = 0
  /// Leases broken since the start: files that another program opened for writing or truncated.
  package var broken = 0
  /// Files of another owner, without CAP_LEASE: they are served without.
  package var notOurs = 0
  /// Files that somebody had open for writing when they were opened for reading: served without, each batch compared with the evidence.
  package var beingWritten = 0
  /// Files whose system has no leases, or that could not be leased for another reason.
  package var unsupported = 0

  package init() {}
}
