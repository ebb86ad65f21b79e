/// What tells one state of a file from another without reading it: where it lives, how long it is, when it changed.
public struct FileIdentity: Hashable, Sendable {
  /// The device that holds the file (`st_dev`).
  public let device: UInt64
  /// The inode (`st_ino`).
  public let inode: UInt64
  /// Length in bytes.
  public let size: Int64
  /// Last change of the content, nanoseconds since 1970.
  public let modified: Int64
  /// Last change of the inode, nanoseconds since 1970.
  public let changed: Int64

  public init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    (self.device, self.inode, self.size, self.modified, self.changed) = (device, inode, size, modified, changed)
  }
}
