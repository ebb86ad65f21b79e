/// Something that gathers changes in memory and stores them when asked to.
package protocol Flushable: Sendable {
  /// Stores what has been gathered. May wait for the disk.
  func flush() throws(InventoryError)
}
