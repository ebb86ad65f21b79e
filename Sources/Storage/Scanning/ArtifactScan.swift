import Glibc
import Metainfo

/// Looks through a file or folder that is to be published.
package enum ArtifactScan {
  /// Finds the files below the path, each opened once to see that it can be read. Waits for disks.
  ///
  /// - Throws: the fault, or `several`: everything that stands in the way is found in one go.
  package static func scan(path: String, options: ScanOptions = ScanOptions()) throws(StorageError) -> ScannedArtifact {
    let resolved = try resolve(path)
    guard let slash = resolved.utf8.lastIndex(of: UInt8(ascii: "/")), resolved.utf8.count > 1 else {
      throw .badName(path: path, why: "has no name to publish under")
    }
    let name = String(resolved[resolved.index(after: slash)...])
    let root = slash == resolved.startIndex ? "/" : String(resolved[..<slash])
    let warnings = linkWarning(path, resolved)
    guard let status = FileStatus(path: resolved) else { throw .opening(path, errno: errno) }
    if status.isFolder { return try FolderScan.scan(root: root, name: name, options: options, warnings: warnings) }
    return try single(root, name, status, warnings)
  }

  private static func single(
    _ root: String, _ name: String, _ status: FileStatus, _ warnings: [ScanWarning]
  ) throws(StorageError) -> ScannedArtifact {
    guard status.isFile, let opened = try OpenFile.open([name], below: root, evidence: nil) else {
      throw .wrongKind(path: BeneathRoot.display(root, [name]), found: status.kind)
    }
    let file = TorrentFile(path: [name], length: opened.identity.size, isExecutable: status.isExecutable)
    let files = [ScannedFile(file: file, identity: opened.identity)]
    return ScannedArtifact(name: name, isSingleFile: true, root: root, files: files, warnings: warnings)
  }

  private static func resolve(_ path: String) throws(StorageError) -> String {
    switch RealPath.of(path) {
    case .path(let resolved): return resolved
    case .invalidName: throw .badName(path: path, why: "leads to a name that is not valid UTF-8")
    case .failed(let number): throw .opening(path, errno: number)
    }
  }

  private static func linkWarning(_ path: String, _ resolved: String) -> [ScanWarning] {
    var trimmed = path
    while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard FileStatus(path: trimmed)?.isLink == true else { return [] }
    return [ScanWarning(path: path, kind: .rootIsLink(target: resolved))]
  }
}

/// `realpath`: the absolute path with every link resolved.
enum RealPath {
  case path(String)
  case invalidName
  case failed(Int32)

  static func of(_ path: String) -> RealPath {
    guard let resolved = realpath(path, nil) else { return .failed(errno) }
    defer { free(resolved) }
    return String(validatingCString: resolved).map(RealPath.path) ?? .invalidName
  }
}
