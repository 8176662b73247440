using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>What a process and all its descendants have used, read from /proc.</summary>
internal static class ProcessTree
{
    /// <summary>USER_HZ, which Linux keeps at 100 for every architecture .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>User and system seconds so far, those of ended children that were waited for included.</summary>
    public static double CpuSeconds(params IReadOnlyList<int> roots) => Members(roots).Sum(stat => stat.Ticks) / TicksPerSecond;

    /// <summary>Resident memory now in MiB: as each process sees it, and with shared pages divided among those who share them.</summary>
    public static (double Resident, double Proportional) MemoryMiB(params IReadOnlyList<int> roots)
    {
        double resident = 0;
        double proportional = 0;
        foreach (var stat in Members(roots))
        {
            resident += Kilobytes(stat.Id, "Rss:");
            proportional += Kilobytes(stat.Id, "Pss:");
        }

        return (resident / 1024, proportional / 1024);
    }

    private static List<Stat> Members(IReadOnlyList<int> roots)
    {
        var all = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => Read(name!)).OfType<Stat>().ToList();
        var members = all.Where(stat => roots.Contains(stat.Id)).ToDictionary(stat => stat.Id);
        for (var before = 0; before < members.Count;)
        {
            before = members.Count;
            foreach (var child in all.Where(stat => members.ContainsKey(stat.ParentId)))
            {
                members.TryAdd(child.Id, child);
            }
        }

        return [.. members.Values];
    }

    private static Stat? Read(string id)
    {
        try
        {
            // proc(5): the name stands in parentheses and may hold blanks; 4th field is the parent, 14th to 17th are the times.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Stat(Number(id), Number(fields[1]), Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Kilobytes(int id, string field)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/smaps_rollup").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
            return line is null ? 0 : Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Stat(int Id, int ParentId, long Ticks);
}
