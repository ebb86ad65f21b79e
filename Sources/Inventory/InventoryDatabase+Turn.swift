import GRDB

extension InventoryDatabase {
  /// Waits for what is being changed, changes nothing itself, and returns: a disk that hangs shows by this not returning.
  package func takeTurn() throws(InventoryError) {
    do { try writer.writeWithoutTransaction { _ = try Int.fetchOne($0, sql: "SELECT 1") } } catch {
      throw InventoryError(error, place: place)
    }
  }
}
