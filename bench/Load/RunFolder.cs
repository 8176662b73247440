namespace Relay.Bench.Load;

/// <summary>Queue, settings and logs of one run, removed afterwards.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly bool _keep;

    public RunFolder(LoadOptions options)
    {
        _keep = options.Keep;
        Path = System.IO.Path.Combine(options.Scratch, "relay-load-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (_keep)
        {
            Console.WriteLine("kept: " + Path);
        }
        else
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
