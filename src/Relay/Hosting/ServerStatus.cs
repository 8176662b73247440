using Relay.Admin;

namespace Relay;

/// <summary>What the executable tells the admin API of itself.</summary>
internal sealed class ServerStatus : IServerStatus
{
    private readonly Func<LoadedConfiguration> _configuration;
    private readonly Func<IReadOnlyList<ListenerStatus>> _listeners;
    private readonly Func<IReadOnlyList<string>> _notices;
    private readonly CertificateStore? _certificates;

    public ServerStatus(
        Func<LoadedConfiguration> configuration, bool isServing, bool isSandbox, DateTimeOffset startedAt, Func<IReadOnlyList<ListenerStatus>> listeners, Func<IReadOnlyList<string>> notices, CertificateStore? certificates = null)
    {
        _configuration = configuration;
        _listeners = listeners;
        _notices = notices;
        _certificates = certificates;
        IsServing = isServing;
        IsSandbox = isSandbox;
        StartedAt = startedAt;
    }

    public string Version => CommandRunner.Version;

    public string Hostname => _configuration().Options.Hostname.Unicode;

    public bool IsServing { get; }

    public bool IsSandbox { get; }

    public DateTimeOffset StartedAt { get; }

    public IReadOnlyList<ListenerStatus> Listeners => IsServing ? _listeners() : [];

    public IReadOnlyList<DoorStatus> Doors => IsServing ? HttpListeners.Doors(_configuration().Options) : [];

    public IReadOnlyList<string> Warnings => [.. _configuration().Warnings, .. CertificateTrouble(), .. _notices()];

    public IReadOnlyList<SettingStatus> Settings =>
        [.. _configuration().Settings.Select(s => new SettingStatus(s.KeyPath, s.Value, s.Origin.ToString()))];

    public DiskStatus Disk
    {
        get
        {
            var options = _configuration().Options;
            var folder = Path.GetFullPath(options.Data);
            try
            {
                var drive = new DriveInfo(folder);
                return new DiskStatus(folder, drive.AvailableFreeSpace, drive.TotalSize, options.Queue.MinFreeDisk.Bytes, options.Queue.WarningAt.Bytes);
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return new DiskStatus(folder, null, null, options.Queue.MinFreeDisk.Bytes, options.Queue.WarningAt.Bytes);
            }
        }
    }

    public DateTimeOffset? CertificateExpires => _certificates?.Expires;

    public string TokenFile => _configuration().Options.Admin.TokenFile;

    private IReadOnlyList<string> CertificateTrouble() =>
        _certificates?.Trouble is { } trouble ? [$"{trouble}; the certificates read before stay in force"] : [];
}
