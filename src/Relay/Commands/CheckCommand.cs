using System.Text.Json;

namespace Relay;

/// <summary><c>relay check</c>: every fault of the configuration at once, or what it amounts to.</summary>
internal static class CheckCommand
{
    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Invocation.Has("json"))
        {
            return await WriteJsonAsync(context);
        }

        var configuration = CommandConfiguration.LoadWithOrigin(context);
        foreach (var setting in configuration.Settings.Where(s => s.Origin != SettingOrigin.Default))
        {
            await context.Out.WriteLineAsync($"{setting.KeyPath} = {setting.Value}   ({setting.Origin})");
        }

        foreach (var warning in configuration.Warnings)
        {
            await context.Out.WriteLineAsync("warning: " + warning);
        }

        var unusable = UnusableFiles(configuration.Options);
        if (unusable.Count > 0)
        {
            throw new OperatorException("the configuration has faults:\n" + string.Join('\n', unusable.Select(fault => "  " + fault)), ExitCodes.Configuration);
        }

        await context.Out.WriteLineAsync("the configuration is valid");
        return ExitCodes.Ok;
    }

    private static async Task<int> WriteJsonAsync(CommandContext context)
    {
        var result = CommandConfiguration.Read(context);
        IReadOnlyList<string> faults = result.Options is { } options ? UnusableFiles(options) : [.. result.Faults.Select(fault => fault.ToString())];
        var isValid = faults.Count == 0;
        await context.Out.WriteLineAsync(JsonSerializer.Serialize(new
        {
            valid = isValid,
            faults,
            warnings = result.Warnings,
            settings = result.Settings.Where(setting => setting.Origin != SettingOrigin.Default)
                .Select(setting => new { key = setting.KeyPath, value = setting.Value, origin = setting.Origin.ToString() }),
        }));
        return isValid ? ExitCodes.Ok : ExitCodes.Configuration;
    }

    private static IReadOnlyList<string> UnusableFiles(RelayOptions options)
    {
        var certificates = options.ToFurtherCertificates();
        return CertificateStore.Faults(options.Tls.ToFiles() is { } usual ? certificates.Prepend(usual) : certificates, options.ToClientIssuers());
    }
}
