using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class OperationExamples
{
    private const string DataFolder = "/var/lib/relay";

    private static readonly RateAnswer Rate = new(4.2, 4, 3.9, 3.7, 13_320);

    private static readonly RatesAnswer Rates = new(Rate, Rate, Rate, new RateAnswer(0, 0.1, 0.2, 0.2, 840), new RateAnswer(0, 0, 0, 0, 12));

    private static readonly SettingStatus Setting = new("queue.window", "20000", "relay.toml:14");

    /// <summary>What Prometheus reads.</summary>
    public const string Metrics = "# HELP relay_queue_accepted_total Messages accepted.\n# TYPE relay_queue_accepted_total counter\nrelay_queue_accepted_total{door=\"submission\"} 15212\n";

    public static IEnumerable<object> All =>
    [
        Status,
        Setting,
        new HealthAnswer("ready", [], null),
        new TrafficAnswer(At(7, 0), 60, [new TrafficPoint(At(9, 39), 240, 236, 4, 0, 0)], Rates),
        new AuditAnswer(52, At(9, 41), "night-shift", "192.0.2.7", "queue.retry", "queueKey example.net", 838, 0),
        new ConfigurationAnswer("/etc/relay/relay.toml", "3b0c44298fc1c149", [Setting]),
        new CandidateRequest("[queue]\nwindow = 40000\n", "night.toml"),
        new ConfigurationCheck(true, [], [], [new SettingChange("queue.window", "20000", "40000", NeedsRestart: true)]),
        new ConfigurationRevision(4, At(9, 42), "night-shift", "3b0c44298fc1c149"),
        new BackupRequest("/var/backups/relay/2030-03-04"),
        new BackupReport("/var/backups/relay/2030-03-04", At(9, 43), "1.0.0", false, 12, 48_000_000, 210_000_000, 900_000_000, 4.1),
        Job,
        new OperatorJobPage([Job], null),
    ];

    private static OperatorJobAnswer Job =>
        new("0195f0c4-6f3e-7c1a-9a57-2f4f5f0d9e12", "backup", "succeeded", "night-shift", 100, 1_110_000_000, null, At(9, 43), At(9, 43, 4), At(9, 43).AddDays(7));

    private static StatusAnswer Status => new(
        "1.0.0",
        "relay.example.com",
        true,
        false,
        At(7, 0),
        9_600,
        "2 h 40 min",
        [new ListenerStatus("submission", "0.0.0.0:587", "starttls", "required", "required except from 127.0.0.0/8, ::1/128", 3)],
        [new DoorStatus("api", "127.0.0.1:8080", false, "http://127.0.0.1:8080/")],
        [new HealthPart("store", true, null)],
        QueueExamples.Summary,
        [DestinationExamples.Site],
        1,
        [DestinationExamples.Source],
        Rates,
        new WorkAnswer(40, 20_000, 190_000, 268_435_456, 2, 200),
        new DiskStatus(DataFolder, 81_000_000_000, 100_000_000_000, 1_000_000_000, 5_000_000_000),
        [new Alert("queue-age", "mail to example.net waits since 06:02: 'relay queue ages --by domain' shows where", At(9, 2))],
        [new PauseAnswer("domain", "example.net", "they asked for a pause", "alice", At(9, 40), At(18, 0), 7)],
        []);
}
