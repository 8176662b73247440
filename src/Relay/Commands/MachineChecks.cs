using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Relay;

/// <summary>What <c>relay doctor</c> looks at on the machine itself.</summary>
/// <param name="file">Of the configuration; null for the built-in defaults.</param>
internal sealed class MachineChecks(RelayOptions options, string? file)
{
    private const int TimeError = 5;
    private const int SpareFiles = 200;

    public IEnumerable<DoctorFinding> Run(JsonElement status)
    {
        yield return Hostname();
        yield return Disk(status.GetProperty("disk"));
        yield return Files();
        yield return Folder();
        yield return Clock();
        if (Sendmail() is { } sendmail)
        {
            yield return sendmail;
        }

        foreach (var part in status.GetProperty("health").EnumerateArray().Where(part => !part.GetProperty("healthy").GetBoolean()))
        {
            yield return new DoctorFinding(part.Text("name"), DoctorState.Fail, part.Text("reason"), part.Text("name") == "keys" ? "put master.key back from where it is kept (runbook restore)" : "see 'relay status'");
        }
    }

    /// <summary>Whether users who may not read the configuration leave their mail where the server looks; null where no file tells them.</summary>
    internal DoctorFinding? Sendmail()
    {
        var beside = file is null ? null : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, SendmailCommand.FileForEverybody);
        if (beside is null || !File.Exists(beside))
        {
            return null;
        }

        var told = ConfigurationLoader.Load(ConfigurationInput.OfProcess(beside)).Options;
        return told is null ? new DoctorFinding("sendmail", DoctorState.Fail, $"{beside} has faults", $"relay check --config {beside}")
            : told.Local.Maildrop != options.Local.Maildrop
                ? new DoctorFinding(
                    "sendmail", DoctorState.Fail, $"{beside} sends users to the maildrop {told.Local.Maildrop}, the server looks in {options.Local.Maildrop}", "name the same [local] maildrop in both files")
                : new DoctorFinding("sendmail", DoctorState.Ok, $"users leave mail where the server looks: {options.Local.Maildrop}", null);
    }

    private DoctorFinding Hostname() => options.Hostname.Ascii.Contains('.', StringComparison.Ordinal)
        ? new DoctorFinding("hostname", DoctorState.Ok, options.Hostname.Ascii, null)
        : new DoctorFinding("hostname", DoctorState.Fail, $"{options.Hostname.Ascii} is not fully qualified", "set hostname in relay.toml to the name this machine's address has in DNS");

    private static DoctorFinding Disk(JsonElement disk)
    {
        if (disk.GetProperty("freeBytes").ValueKind != JsonValueKind.Number)
        {
            return new DoctorFinding("disk", DoctorState.Note, "the system does not tell how much is free", null);
        }

        var free = disk.GetProperty("freeBytes").GetInt64();
        var least = disk.GetProperty("minFreeBytes").GetInt64();
        var text = $"{free >> 20} MiB are free in {disk.Text("folder")}";
        return free < Math.Max(least, disk.GetProperty("warnFreeBytes").GetInt64())
            ? new DoctorFinding("disk", free < least ? DoctorState.Fail : DoctorState.Note, text, $"below {least >> 20} MiB mail is refused: make room (runbook disk-full)")
            : new DoctorFinding("disk", DoctorState.Ok, text, null);
    }

    private DoctorFinding Files()
    {
        var needed = options.Listener.Values.Sum(listener => listener.MaxConnections) + options.Delivery.MaxConnections + SpareFiles;
        var limit = OpenFilesLimit();
        return limit is null ? new DoctorFinding("open files", DoctorState.Note, "the limit is not known here", null)
            : limit < needed
                ? new DoctorFinding("open files", DoctorState.Fail, $"the limit is {limit}, the connections allowed need {needed}", "LimitNOFILE in the unit, or 'ulimit -n'")
                : new DoctorFinding("open files", DoctorState.Ok, $"{limit} allowed, {needed} needed at most", null);
    }

    /// <summary>Of the running server, else of this process.</summary>
    private long? OpenFilesLimit()
    {
        try
        {
            var pidFile = Path.Combine(options.Data, "relay.pid");
            var owner = File.Exists(pidFile) ? File.ReadAllText(pidFile).Trim() : "self";
            var line = File.ReadLines($"/proc/{owner}/limits").FirstOrDefault(text => text.StartsWith("Max open files", StringComparison.Ordinal));
            var soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private DoctorFinding Folder()
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(options.Data))
        {
            return new DoctorFinding("data folder", DoctorState.Note, "its permissions are not looked at here", null);
        }

        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        return (File.GetUnixFileMode(options.Data) & Others) != 0
            ? new DoctorFinding("data folder", DoctorState.Fail, $"{options.Data} is open to every user of this machine", $"chmod 700 {options.Data}")
            : new DoctorFinding("data folder", DoctorState.Ok, $"{options.Data} is closed to others", null);
    }

    // Signatures, DSNs and MTA-STS all carry times that others check.
    private static DoctorFinding Clock()
    {
        if (!OperatingSystem.IsLinux())
        {
            return new DoctorFinding("clock", DoctorState.Note, "whether it is set by a time server is not known here", null);
        }

        var state = ReadClock(new byte[512]);
        return state == TimeError
            ? new DoctorFinding("clock", DoctorState.Note, "the kernel says that no time server sets it", "install chrony or systemd-timesyncd; in a container look at the host")
            : new DoctorFinding("clock", DoctorState.Ok, "set by a time server", null);
    }

    // All modes zero: only asks.
    private static int ReadClock(byte[] timex) => Adjtimex(timex);

    [DllImport("libc", EntryPoint = "adjtimex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Adjtimex(byte[] timex);
}
