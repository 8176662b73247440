namespace Relay.Admin;

/// <summary>Makes consistent copies of everything durable while mail goes on.</summary>
public interface IBackup
{
    /// <summary>Kind of the job that makes one in the background.</summary>
    const string JobKind = "backup";

    /// <param name="folder">Absolute path on the server's machine; it must not exist yet, or be empty.</param>
    /// <param name="withKeys">Also the key ring and certificates: whoever has them can open the sealed DKIM keys.</param>
    /// <exception cref="BackupException">It could not be made; the message is for the operator.</exception>
    Task<BackupReport> CreateAsync(string folder, bool withKeys, Action<string, int>? progress, CancellationToken cancellationToken);
}

/// <summary>A backup could not be made or used; the message is a sentence for the operator.</summary>
public sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What a backup holds; stored with it.</summary>
public sealed record BackupReport(
    string Folder, DateTimeOffset At, string Version, bool HasKeys, int ContentFiles, long ContentBytes, long RelayBytes, long HistoryBytes, double Seconds);
