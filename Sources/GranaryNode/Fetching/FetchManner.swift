import Glibc
import Settings
import Storage

/// What `fetch` says of how artifacts are put on disk, in the writer's words.
enum FetchManner {
  /// Throws `Failure` where there is no such user or group.
  static func prepare(_ settings: NodeSettings) throws -> WriterSettings {
    let fetch = settings.fetch
    var writer = WriterSettings()
    writer.allocation = fetch.allocatesWhole ? .preallocated : .sparse
    (writer.fileMode, writer.executableMode, writer.folderMode) = (fetch.fileMode, fetch.executableMode, fetch.folderMode)
    writer.owner = try fetch.owner.map { try number($0, "user", settings.file, Self.user) }
    writer.group = try fetch.group.map { try number($0, "group", settings.file, Self.group) }
    return writer
  }

  private static func number(_ text: String, _ kind: String, _ file: String, _ find: (String) -> UInt32?) throws -> UInt32 {
    if let number = UInt32(text), number < .max { return number }
    guard let found = find(text) else { throw Failure(.configuration, "fetch: there is no \(kind) '\(text)'", place: file) }
    return found
  }

  private static func user(_ name: String) -> UInt32? {
    var (record, found): (passwd, UnsafeMutablePointer<passwd>?) = (passwd(), nil)
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    return getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0 && found != nil ? record.pw_uid : nil
  }

  private static func group(_ name: String) -> UInt32? {
    var (record, found): (Glibc.group, UnsafeMutablePointer<Glibc.group>?) = (Glibc.group(), nil)
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    return getgrnam_r(name, &record, &buffer, buffer.count, &found) == 0 && found != nil ? record.gr_gid : nil
  }
}
