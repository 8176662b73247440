using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Each look is what the watch does once a second.</summary>
public sealed class ConfigurationWatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _file;
    private readonly List<string> _taken = [];
    private bool _isWanted = true;

    public ConfigurationWatchTests()
    {
        _file = Path.Combine(_folder.Path, "relay.toml");
        File.WriteAllText(_file, "1");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_did_not_change_is_not_read()
    {
        using var watch = Watch();

        await LookAsync(watch, 5);

        Assert.Empty(_taken);
    }

    [Fact]
    public async Task A_change_is_taken_once_it_lies_still()
    {
        using var watch = Watch();
        await LookAsync(watch, 2);

        await File.WriteAllTextAsync(_file, "22");
        await LookAsync(watch, 1);
        await File.WriteAllTextAsync(_file, "333");
        await LookAsync(watch, 1);
        Assert.Empty(_taken);

        await LookAsync(watch, 5);
        Assert.Equal(["333"], _taken);
    }

    [Fact]
    public async Task An_editor_that_renames_another_file_over_it_is_followed()
    {
        using var watch = Watch();
        for (var i = 2; i < 4; i++)
        {
            var text = new string('x', i);
            await File.WriteAllTextAsync(_file + ".new", text);
            File.Move(_file + ".new", _file, overwrite: true);
            await LookAsync(watch, 3);
            Assert.Equal(text, _taken[^1]);
        }

        Assert.Equal(2, _taken.Count);
    }

    [Fact]
    public async Task A_file_that_is_away_for_a_moment_is_waited_for()
    {
        using var watch = Watch();
        File.Move(_file, _file + "~");
        await LookAsync(watch, 3);
        Assert.Empty(_taken);

        await File.WriteAllTextAsync(_file, "22");
        await LookAsync(watch, 3);
        Assert.Equal(["22"], _taken);
    }

    [Fact]
    public async Task A_link_that_is_turned_is_followed()
    {
        var (old, young) = (Path.Combine(_folder.Path, "a.toml"), Path.Combine(_folder.Path, "b.toml"));
        File.Move(_file, old);
        await File.WriteAllTextAsync(young, "22");
        File.CreateSymbolicLink(_file, old);
        using var watch = Watch();
        await LookAsync(watch, 2);

        File.Delete(_file);
        File.CreateSymbolicLink(_file, young);
        await LookAsync(watch, 3);

        Assert.Equal(["22"], _taken);
    }

    [Fact]
    public async Task Switched_off_it_reads_nothing_and_switched_on_what_changed_meanwhile()
    {
        _isWanted = false;
        using var watch = Watch();
        await File.WriteAllTextAsync(_file, "22");
        await LookAsync(watch, 4);
        Assert.Empty(_taken);

        _isWanted = true;
        await LookAsync(watch, 4);
        Assert.Equal(["22"], _taken);
    }

    private ConfigurationWatch Watch() => new(
        _file,
        () => _isWanted,
        async token => _taken.Add(await File.ReadAllTextAsync(_file, token)),
        TimeProvider.System);

    private static async Task LookAsync(ConfigurationWatch watch, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await watch.LookAsync(CancellationToken.None);
        }
    }
}
