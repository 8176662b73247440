using System.Text.Json;
using Relay.Platform.Jobs;

namespace Relay.Admin;

/// <summary>A backup in the background; the job's file is the report.</summary>
internal sealed class BackupJob(IBackup backup) : IJobKind
{
    public const string KindName = IBackup.JobKind;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string Name => KindName;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var request = context.Request<BackupRequest>();
        var percent = 0;
        try
        {
            var making = backup.CreateAsync(request.Folder!, request.WithKeys, (_, now) => Volatile.Write(ref percent, now), cancellationToken);
            while (await Task.WhenAny(making, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None)) != making)
            {
                await context.ReportAsync(Volatile.Read(ref percent), 0, CancellationToken.None);
            }

            var report = await making;
            await using var file = context.CreateFile("backup.json", "application/json");
            await JsonSerializer.SerializeAsync(file, report, Json, cancellationToken);
        }
        catch (BackupException trouble)
        {
            throw new JobFailedException(trouble.Message);
        }
    }
}
