using System.Globalization;
using System.Text.Json;
using Relay.Admin;
using Relay.Queue;
using Relay.Storage;

namespace Relay;

/// <summary><c>relay backup</c> and <c>relay restore</c>.</summary>
internal static class BackupCommands
{
    public static readonly IReadOnlyList<OptionSpec> BackupOptions =
    [
        new("with-keys", null, "also master.key and certificates: whoever has them can open the sealed DKIM keys"),
    ];

    public static readonly IReadOnlyList<OptionSpec> RestoreOptions =
    [
        new("release", null, "send what waited at once, instead of holding it for a look first"),
    ];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task<int> BackupAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(context.Invocation.Arguments[0]);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var answer = await client.PostAsync("admin/v1/backups", new { folder, withKeys = context.Invocation.Has("with-keys") }, cancellationToken);
        if (answer.Text("status").Length > 0)
        {
            answer = await WaitAsync(context, client, answer, cancellationToken);
        }

        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(answer.GetRawText());
            return ExitCodes.Ok;
        }

        var files = answer.GetProperty("contentFiles").GetInt64();
        await context.Out.WriteLineAsync($"{folder}: relay.db {answer.Text("relayBytes")} and history.db {answer.Text("historyBytes")} octets, {files} content files, in {answer.Text("seconds")} s");
        if (!answer.GetProperty("hasKeys").GetBoolean())
        {
            await context.Out.WriteLineAsync("master.key is not in it: keep a copy elsewhere; without it DKIM keys and webhook secrets cannot be opened, and unsubscribe links of mail already sent are void");
        }

        return ExitCodes.Ok;
    }

    /// <summary>Needs the data folder for itself, and empty: nothing that is there is ever written over.</summary>
    public static async Task<int> RestoreAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var configuration = CommandConfiguration.LoadWithOrigin(context);
        var source = Path.GetFullPath(context.Invocation.Arguments[0]);
        var data = Path.GetFullPath(configuration.Options.Data);
        var manifest = ReadManifest(source);
        if (File.Exists(Path.Combine(data, "relay.db")))
        {
            throw new OperatorException($"{data} holds a database already, perhaps of a running server: stop it and move the folder away first", ExitCodes.CannotCreate);
        }

        if (BackupCheck.FaultOf(source, new BackupContents(manifest.ContentFiles, manifest.ContentBytes, manifest.RelayBytes, manifest.HistoryBytes)) is { } fault)
        {
            throw new OperatorException($"{source} cannot be restored, and nothing was: {fault}", ExitCodes.NotFound);
        }

        Copy(source, data);
        var held = await OpenAsync(configuration, context.Invocation.Has("release"), cancellationToken);
        await context.Out.WriteLineAsync($"restored the backup of {manifest.At:u} into {data}");
        await context.Out.WriteLineAsync(held is { } count
            ? $"{JsonText.Count(count.ToString(CultureInfo.InvariantCulture), "recipient")} that waited {(count == 1 ? "is" : "are")} held: look ('relay queue list --state held'), then 'relay queue release --all'"
            : "what waited is sent as soon as the server starts");
        if (!File.Exists(Path.Combine(data, "master.key")))
        {
            await context.Out.WriteLineAsync($"the backup has no master.key: put yours into {data} before the start; without it retire the DKIM keys and make new ones, and unsubscribe links of mail already sent are void");
        }

        return ExitCodes.Ok;
    }

    private static async Task<JsonElement> WaitAsync(CommandContext context, AdminClient client, JsonElement job, CancellationToken cancellationToken)
    {
        var id = job.Text("id");
        var shown = string.Empty;
        while (job.Text("status") is "pending" or "running")
        {
            if (job.Text("progress") != shown)
            {
                shown = job.Text("progress");
                await context.Error.WriteLineAsync($"{shown} %");
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            job = await client.GetAsync("admin/v1/jobs/" + id, cancellationToken);
        }

        return job.Text("status") == "succeeded"
            ? await client.GetAsync($"admin/v1/jobs/{id}/file", cancellationToken)
            : throw new OperatorException(job.Text("error"), ExitCodes.Failed);
    }

    private static BackupReport ReadManifest(string source)
    {
        try
        {
            return JsonSerializer.Deserialize<BackupReport>(File.ReadAllText(Path.Combine(source, BackupService.ManifestName)), BackupService.Json)!;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new OperatorException($"{source} is no complete backup: {trouble.Message}", ExitCodes.NotFound, trouble);
        }
    }

    private static void Copy(string source, string data)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(data);
            }
            else
            {
                Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                var name = Path.GetRelativePath(source, file);
                if (name is BackupService.ManifestName or "relay.toml")
                {
                    continue;
                }

                var target = Path.Combine(data, name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target, overwrite: false);
            }
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"the backup cannot be copied into {data}: {trouble.Message}", ExitCodes.CannotCreate, trouble);
        }
    }

    /// <summary>Opens the stores once, so that faults show now and migrations are done; how many were held.</summary>
    private static async Task<int?> OpenAsync(LoadedConfiguration configuration, bool release, CancellationToken cancellationToken)
    {
        try
        {
            await using var stores = await RelayStores.OpenAsync(
                configuration.Options.ToStorage(configuration.Options.ToRetention()), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, cancellationToken);

            // The copy was made while the job that made it ran: begun again it would only find its folder full.
            await stores.Jobs.ForgetRunningAsync(IBackup.JobKind, cancellationToken);
            if (release)
            {
                return null;
            }

            return (await stores.Queue.ApplyAsync(QueueAction.Hold, new QueueCriteria { All = true, Actor = "restore" }, cancellationToken)).Affected;
        }
        catch (StoreUnavailableException trouble)
        {
            throw new OperatorException(trouble.Message, ExitCodes.CannotCreate, trouble);
        }
    }
}
