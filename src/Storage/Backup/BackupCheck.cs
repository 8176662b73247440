using SQLitePCL;

namespace Relay.Storage;

/// <summary>Looks whether a backup can be restored, before anything is made of it.</summary>
public static class BackupCheck
{
    /// <summary>
    /// What is wrong, for people; null when both databases are whole, as long as <paramref name="expected"/> says, and every content file they name is there.
    /// Reads all of both databases.
    /// </summary>
    public static string? FaultOf(string folder, BackupContents expected)
    {
        var relay = Path.Combine(folder, RelayDatabase.FileName);
        var history = Path.Combine(folder, HistoryDatabase.FileName);
        return FaultOf(relay, expected.RelayBytes) ?? FaultOf(history, expected.HistoryBytes)
            ?? (BackupCopy.NamedFilesOf(relay).Find(name => !File.Exists(BackupCopy.PathOf(folder, name))) is { } missing ? $"the content file {missing} is missing" : null);
    }

    private static string? FaultOf(string database, long expectedBytes)
    {
        var (name, file) = (Path.GetFileName(database), new FileInfo(database));
        if (!file.Exists)
        {
            return $"{name} is missing";
        }

        if (file.Length != expectedBytes)
        {
            return $"{name} has {file.Length} octets in place of {expectedBytes}";
        }

        try
        {
            using var connection = SqliteConnection.OpenReadOnly(database);
            using var query = connection.UseOnce("PRAGMA integrity_check(1)");
            return query.Read() && query.Text(0) == "ok" ? null : $"{name} is damaged: {query.Text(0).ReplaceLineEndings(" ")}";
        }
        catch (SqliteException trouble) when (trouble.Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB)
        {
            return $"{name} is damaged: {trouble.Message}";
        }
    }
}
