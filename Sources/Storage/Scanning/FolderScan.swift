import Glibc
import Metainfo

/// A walk through one folder that is to be published. Folders wait on a list, so that depth costs neither stack nor descriptors.
struct FolderScan {
  private let root: String
  private let name: String
  private let options: ScanOptions
  private let links: LinkResolver
  private var pending: [[String]] = [[]]
  private var files: [ScannedFile] = []
  private var warnings: [ScanWarning] = []
  private var faults: [StorageError] = []

  static func scan(
    root: String, name: String, options: ScanOptions, warnings: [ScanWarning]
  ) throws(StorageError) -> ScannedArtifact {
    var scan = FolderScan(root: root, name: name, options: options)
    scan.walk()
    scan.faults.sort { BytewiseOrder.precedes($0.description, $1.description) }
    if let error = StorageError.gathering(scan.faults) { throw error }
    guard !scan.files.isEmpty else { throw .empty(path: scan.display([])) }
    scan.files.sort { BytewiseOrder.precedes($0.file.path, $1.file.path) }
    scan.warnings.sort { BytewiseOrder.precedes($0.path, $1.path) }
    return ScannedArtifact(name: name, isSingleFile: false, root: root, files: scan.files, warnings: warnings + scan.warnings)
  }

  private init(root: String, name: String, options: ScanOptions) {
    (self.root, self.name, self.options) = (root, name, options)
    links = LinkResolver(artifact: BeneathRoot.display(root, [name]))
  }

  private mutating func walk() {
    while let folder = pending.popLast() {
      do throws(StorageError) {
        try read(folder)
      } catch {
        faults.append(error)
      }
    }
  }

  private mutating func read(_ folder: [String]) throws(StorageError) {
    guard let descriptor = try BeneathRoot(root: root).open([name] + folder, flags: O_RDONLY | O_DIRECTORY) else { return }
    defer { close(descriptor) }
    let names = try FolderListing.names(in: descriptor, path: display(folder))
    if names.isEmpty, !folder.isEmpty { warn(folder, .emptyFolder) }
    for raw in names {
      do throws(StorageError) {
        try visit(raw, in: folder, descriptor)
      } catch {
        faults.append(error)
      }
    }
  }

  private mutating func visit(_ raw: [UInt8], in folder: [String], _ descriptor: Int32) throws(StorageError) {
    guard let entry = String(validating: raw, as: UTF8.self) else {
      throw .badName(path: display(folder + [String(decoding: raw, as: UTF8.self)]), why: "the name is not valid UTF-8")
    }
    let path = folder + [entry]
    guard let status = FileStatus(folder: descriptor, name: entry) else { throw .opening(display(path), errno: errno) }
    if status.isFolder {
      pending.append(path)
    } else if status.isLink {
      try addLink(path, descriptor)
    } else if status.isFile {
      try addFile(path, descriptor)
    } else {
      guard options.skipSpecialFiles else { throw .wrongKind(path: display(path), found: status.kind) }
      warn(path, .skippedSpecial(found: status.kind))
    }
  }

  private mutating func addFile(_ path: [String], _ folder: Int32) throws(StorageError) {
    let descriptor = openat(folder, path.last ?? "", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .opening(display(path), errno: errno) }
    defer { close(descriptor) }
    guard let status = FileStatus(descriptor: descriptor), status.isFile else {
      throw .changed(path: display(path), what: "another file stands in its place")
    }
    let file = TorrentFile(path: path, length: status.identity.size, isExecutable: status.isExecutable)
    files.append(ScannedFile(file: file, identity: status.identity))
  }

  private mutating func addLink(_ path: [String], _ folder: Int32) throws(StorageError) {
    switch links.resolve(path, in: folder) {
    case .inside(let target):
      files.append(ScannedFile(file: TorrentFile(path: path, length: 0, symlinkTarget: target), identity: nil))
    case .dangling(let target):
      files.append(ScannedFile(file: TorrentFile(path: path, length: 0, symlinkTarget: target), identity: nil))
      warn(path, .danglingLink(target: target.joined(separator: "/")))
    case .unfit(let target, let why):
      guard options.skipSymlinks else { throw .badLink(path: display(path), target: target, why: why) }
      warn(path, .skippedLink(target: target, why: why))
    }
  }

  private mutating func warn(_ path: [String], _ kind: ScanWarning.Kind) {
    warnings.append(ScanWarning(path: display(path), kind: kind))
  }

  private func display(_ path: [String]) -> String { BeneathRoot.display(root, [name] + path) }
}
