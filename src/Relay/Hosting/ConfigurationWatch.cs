using Microsoft.Extensions.Hosting;

namespace Relay;

/// <summary>Reads the configuration again when its file has changed and lies still (<c>service.watch_config</c>).</summary>
/// <remarks>
/// Looks every second at what stands behind the name, so that it does not matter whether an editor writes in place, renames another file over it, or
/// a link is turned. 1. Another state than before: wait. 2. The same state as at the look before: it is whole; take it, once. A file that is away is
/// an editor at work.
/// </remarks>
internal sealed class ConfigurationWatch : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly string? _file;
    private readonly Func<bool> _isWanted;
    private readonly Func<CancellationToken, Task> _reload;
    private readonly TimeProvider _time;
    private FileState? _taken;
    private FileState? _seen;

    /// <param name="file">Null: there is none to watch.</param>
    /// <param name="isWanted">Asked at every look; what changes while it says no is taken when it says yes.</param>
    public ConfigurationWatch(string? file, Func<bool> isWanted, Func<CancellationToken, Task> reload, TimeProvider time)
    {
        _file = file;
        _isWanted = isWanted;
        _reload = reload;
        _time = time;
        _taken = _seen = file is null ? null : FileState.Of(file);
    }

    /// <summary>Looks now; true when the file was read again.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        if (_file is null || !_isWanted())
        {
            return false;
        }

        var now = FileState.Of(_file);
        var isStill = now is not null && now == _seen;
        _seen = now;
        if (!isStill || now == _taken)
        {
            return false;
        }

        _taken = now;
        await _reload(cancellationToken);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(stoppingToken);
        }
    }
}
