extension NodeSettings {
  /// `fetch`: how what is fetched is put on disk.
  package struct Fetch: Sendable, Hashable {
    /// Whether room is taken before the first block, not as blocks come.
    package let allocatesWhole: Bool
    /// Permission bits of files, of those marked executable (BEP 47), and of folders; whatever the umask is.
    package let fileMode: UInt32
    package let executableMode: UInt32
    package let folderMode: UInt32
    /// The user and the group that everything belongs to, by name or number; nil: whoever the node is.
    package let owner: String?
    package let group: String?

    package static let defaultFileMode: UInt32 = 0o644
    package static let defaultExecutableMode: UInt32 = 0o755
    package static let defaultFolderMode: UInt32 = 0o755

    init(_ section: FetchSection?) {
      allocatesWhole = section?.allocate?.isWhole ?? false
      fileMode = section?.fileMode?.bits ?? Self.defaultFileMode
      executableMode = section?.executableMode?.bits ?? Self.defaultExecutableMode
      folderMode = section?.folderMode?.bits ?? Self.defaultFolderMode
      (owner, group) = (section?.owner?.text, section?.group?.text)
    }
  }
}
