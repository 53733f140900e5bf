import { Body, Controller, Get, HttpCode, HttpException, NotFoundException, Param, Post } from '@nestjs/common';
import type { Report } from './report.js';
import { ReportsService } from './reports.service.js';

@Controller('reports')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  /** Answers `202` with an id at once; the work goes on behind it. */
  @Post()
  @HttpCode(202)
  create(@Body() body: { directory?: string }): { id: string; state: string; result: string } {
    const id = this.reports.start(body.directory ?? '.');
    return { id, state: `/reports/${id}`, result: `/reports/${id}/result` };
  }

  @Get(':id')
  async show(@Param('id') id: string): Promise<object> {
    return this.reports.find(id);
  }

  @Get(':id/result')
  async result(@Param('id') id: string): Promise<Report> {
    const report = await this.reports.result(id);
    if (report !== undefined) return report;
    const { state } = await this.reports.find(id);
    if (state === 'PENDING') throw new NotFoundException(`No report with id "${id}" is known`);
    throw new HttpException({ id, state }, 425);
  }
}
