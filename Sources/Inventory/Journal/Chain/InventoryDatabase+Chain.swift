import GRDB

extension InventoryDatabase {
  /// Runs a change of the journal with its links in one transaction. Where it throws, nothing has changed, in the file or in the keeper.
  func chained<Value>(
    _ keeper: inout ChainKeeper, at now: Timestamp, _ body: (Database, inout ChainWriter) throws -> Value
  ) throws(InventoryError) -> Value {
    let before = keeper
    var after = keeper
    do {
      let value = try write { db in
        var chain = try ChainWriter(db, before, at: now)
        let value = try body(db, &chain)
        after = chain.keeper
        return value
      }
      keeper = after
      return value
    } catch {
      // The commit itself may have failed after it was done: then the file's last link is this one.
      if after.head != before.head { keeper.attempted = after.head }
      throw error
    }
  }
}
